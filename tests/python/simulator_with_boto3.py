"""Calls every operation of the organization simulator (the demo organization) with boto3.

Run by tests/tests/simulator/boto3.rs, which sets the environment. Ends with status 0 and one line
when everything is as it should be.
"""

import datetime

import boto3
from botocore.exceptions import ClientError

MEMBER = "333333333333"


def code_of(call, **arguments):
    """The error code of a call that must fail."""
    try:
        call(**arguments)
    except ClientError as error:
        metadata = error.response["ResponseMetadata"]
        assert metadata["RequestId"], error.response
        return error.response["Error"]["Code"]
    raise AssertionError("the call should have failed")


def organizations(session):
    client = session.client("organizations")
    assert client.describe_organization()["Organization"]["Id"] == "o-demo0123456"
    pages = list(client.get_paginator("list_accounts").paginate())
    assert [len(page["Accounts"]) for page in pages] == [4, 4, 0, 2], pages
    root = client.list_roots()["Roots"][0]["Id"]
    units = client.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]
    assert [unit["Name"] for unit in units] == ["Security", "Workloads", "Sandbox"], units
    unit = client.describe_organizational_unit(OrganizationalUnitId=units[1]["Id"])["OrganizationalUnit"]
    assert unit["Name"] == "Workloads"
    accounts = client.list_accounts_for_parent(ParentId=root)["Accounts"]
    assert [account["Name"] for account in accounts] == ["Management"], accounts
    assert client.list_parents(ChildId=accounts[0]["Id"])["Parents"] == [{"Id": root, "Type": "ROOT"}]
    missing = code_of(client.list_accounts_for_parent, ParentId="ou-demo-none0000")
    assert missing == "ParentNotFoundException", missing


def prepared(session, member):
    """What a deployment for the organization needs, asked by a delegated administrator."""
    client = session.client("organizations")
    services = client.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    principals = {service["ServicePrincipal"] for service in services}
    assert principals == {
        "config.amazonaws.com",
        "config-multiaccountsetup.amazonaws.com",
        "member.org.stacksets.cloudformation.amazonaws.com",
    }, services
    pages = client.get_paginator("list_delegated_administrators").paginate()
    administrators = [one["Id"] for page in pages for one in page["DelegatedAdministrators"]]
    assert administrators == ["222222222222"], administrators
    delegated = client.list_delegated_services_for_account(AccountId="222222222222")["DelegatedServices"]
    assert {service["ServicePrincipal"] for service in delegated} == principals, delegated
    missing = code_of(client.list_delegated_services_for_account, AccountId=MEMBER)
    assert missing == "AccountNotRegisteredException", missing

    client = session.client("cloudformation")
    caller = {"CallAs": "DELEGATED_ADMIN"}
    assert client.describe_organizations_access(**caller)["Status"] == "ENABLED"
    name = {"StackSetName": "EcrEncryptionMemberRole", **caller}
    stack_set = client.describe_stack_set(**name)["StackSet"]
    assert (stack_set["Status"], stack_set["PermissionModel"]) == ("ACTIVE", "SERVICE_MANAGED"), stack_set
    assert stack_set["AutoDeployment"] == {"Enabled": True, "RetainStacksOnAccountRemoval": False}, stack_set
    assert stack_set["ManagedExecution"] == {"Active": True}, stack_set
    assert stack_set["OrganizationalUnitIds"] == ["r-demo"], stack_set
    pages = client.get_paginator("list_stack_instances").paginate(**name, PaginationConfig={"PageSize": 3})
    pages = [page["Summaries"] for page in pages]
    assert [len(page) for page in pages] == [3, 3], pages
    assert "666666666666" not in {one["Account"] for page in pages for one in page}, pages
    states = {(one["Status"], one["StackInstanceStatus"]["DetailedStatus"]) for page in pages for one in page}
    assert states == {("CURRENT", "SUCCEEDED")}, pages
    unseen = code_of(client.describe_stack_set, StackSetName="EcrEncryptionMemberRole")
    assert unseen == "StackSetNotFoundException", unseen
    denied = code_of(member.client("cloudformation").describe_organizations_access, **caller)
    assert denied == "ValidationError", denied

    client = session.client("config")
    rules = client.get_paginator("describe_organization_config_rules").paginate()
    rules = [rule["OrganizationConfigRuleName"] for page in rules for rule in page["OrganizationConfigRules"]]
    assert rules == ["ecr-encryption"], rules
    pages = client.get_paginator("get_organization_config_rule_detailed_status").paginate(
        OrganizationConfigRuleName="ecr-encryption", PaginationConfig={"PageSize": 5}
    )
    statuses = [one for page in pages for one in page["OrganizationConfigRuleDetailedStatus"]]
    assert len(statuses) == 8, statuses
    assert {one["MemberAccountRuleStatus"] for one in statuses} == {"CREATE_SUCCESSFUL"}, statuses
    packs = client.describe_organization_conformance_packs()["OrganizationConformancePacks"]
    assert [pack["OrganizationConformancePackName"] for pack in packs] == ["ecr-pack"], packs
    pages = client.get_paginator("get_organization_conformance_pack_detailed_status").paginate(
        OrganizationConformancePackName="ecr-pack"
    )
    statuses = [one for page in pages for one in page["OrganizationConformancePackDetailedStatuses"]]
    assert {one["Status"] for one in statuses} == {"CREATE_SUCCESSFUL"}, statuses
    denied = code_of(member.client("config").describe_organization_config_rules)
    assert denied == "OrganizationAccessDeniedException", denied

    client = member.client("config")
    recorder = client.describe_configuration_recorders()["ConfigurationRecorders"][0]
    assert recorder["recordingGroup"]["allSupported"], recorder
    status = client.describe_configuration_recorder_status()["ConfigurationRecordersStatus"][0]
    assert status["recording"] and status["lastStartTime"].year == 2025, status
    assert client.describe_delivery_channels()["DeliveryChannels"][0]["name"] == "default"
    missing = code_of(client.describe_configuration_recorders, ConfigurationRecorderNames=["none"])
    assert missing == "NoSuchConfigurationRecorderException", missing


def member_session(session):
    client = session.client("sts")
    identity = client.get_caller_identity()
    assert identity["Arn"] == "arn:aws:iam::222222222222:user/security-auditor", identity
    role = "arn:aws:iam::{}:role/EcrEncryptionAudit"
    denied = code_of(client.assume_role, RoleArn=role.format("666666666666"), RoleSessionName="boto3")
    assert denied == "AccessDenied", denied
    credentials = client.assume_role(RoleArn=role.format(MEMBER), RoleSessionName="boto3")["Credentials"]
    assert credentials["Expiration"] > datetime.datetime.now(datetime.timezone.utc)
    return boto3.Session(
        credentials["AccessKeyId"],
        credentials["SecretAccessKey"],
        credentials["SessionToken"],
        region_name="eu-central-1",
    )


def account(session):
    answer = session.client("account").list_regions(RegionOptStatusContains=["ENABLED", "DISABLED"])
    found = {region["RegionName"]: region["RegionOptStatus"] for region in answer["Regions"]}
    assert found == {"eu-central-2": "ENABLED", "me-south-1": "DISABLED"}, found


def ecr_and_kms(session):
    ecr, kms = session.client("ecr"), session.client("kms")
    # The demo throttles the first two calls; boto3 tries again.
    pages = list(ecr.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 5}))
    repositories = [repository for page in pages for repository in page["repositories"]]
    assert [len(page["repositories"]) for page in pages] == [5, 5, 1], pages
    by_name = {repository["repositoryName"]: repository for repository in repositories}
    assert repositories[0]["createdAt"].year == 2025
    key = by_name["shop/level-cloudhsm"]["encryptionConfiguration"]["kmsKey"]
    metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert (metadata["Origin"], metadata["KeyManager"]) == ("AWS_CLOUDHSM", "CUSTOMER"), metadata
    assert kms.describe_key(KeyId="alias/aws/ecr")["KeyMetadata"]["KeyManager"] == "AWS"
    assert code_of(kms.describe_key, KeyId="alias/none") == "NotFoundException"
    central = by_name["shop/central-key"]["encryptionConfiguration"]["kmsKey"]
    assert code_of(kms.describe_key, KeyId=central) == "AccessDeniedException"
    missing = code_of(ecr.describe_repositories, repositoryNames=["no/such"])
    assert missing == "RepositoryNotFoundException", missing
    templates = ecr.describe_repository_creation_templates()["repositoryCreationTemplates"]
    assert [template["prefix"] for template in templates] == ["docker-hub"], templates
    assert isinstance(ecr.describe_pull_through_cache_rules()["pullThroughCacheRules"], list)
    missing = code_of(ecr.describe_pull_through_cache_rules, ecrRepositoryPrefixes=["none"])
    assert missing == "PullThroughCacheRuleNotFoundException", missing
    disabled = session.client("ecr", region_name="me-south-1")
    assert code_of(disabled.describe_repositories) == "UnrecognizedClientException"


def tagging(session):
    client = session.client("resourcegroupstaggingapi")
    paginator = client.get_paginator("get_resources")
    filters = [{"Key": "encryption-exempt"}]
    pages = paginator.paginate(ResourceTypeFilters=["ecr:repository"], TagFilters=filters)
    assert [page["ResourceTagMappingList"] for page in pages] == [[]]


def config(session):
    client = session.client("config")
    evaluation = {
        "ComplianceResourceType": "AWS::ECR::Repository",
        "ComplianceResourceId": "shop/level-sse",
        "ComplianceType": "NON_COMPLIANT",
        "Annotation": "below the desired level",
        "OrderingTimestamp": datetime.datetime(2027, 1, 31, tzinfo=datetime.timezone.utc),
    }
    answer = client.put_evaluations(Evaluations=[evaluation], ResultToken="token")
    assert answer["FailedEvaluations"] == [], answer
    history = client.get_resource_config_history(
        resourceType="AWS::ECR::Repository", resourceId="shop/level-sse", limit=1
    )
    assert history["configurationItems"][0]["resourceName"] == "shop/level-sse", history
    missing = code_of(client.get_compliance_details_by_config_rule, ConfigRuleName="none")
    assert missing == "NoSuchConfigRuleException", missing
    missing = code_of(
        client.select_aggregate_resource_config,
        Expression="SELECT resourceId",
        ConfigurationAggregatorName="none",
    )
    assert missing == "NoSuchConfigurationAggregatorException", missing


def aggregator(session):
    """The management account's aggregator, which sees every account."""
    client = session.client("config", region_name="eu-central-1")
    found = client.describe_configuration_aggregators()["ConfigurationAggregators"]
    assert [aggregator["ConfigurationAggregatorName"] for aggregator in found] == ["organization"], found
    assert found[0]["OrganizationAggregationSource"]["AllAwsRegions"], found
    name = {"ConfigurationAggregatorName": "organization"}
    statuses = client.get_paginator("describe_configuration_aggregator_sources_status").paginate(**name)
    sources = [source for page in statuses for source in page["AggregatedSourceStatusList"]]
    assert {source["LastUpdateStatus"] for source in sources} == {"SUCCEEDED"}, sources
    counts = client.get_aggregate_discovered_resource_counts(
        GroupByKey="RESOURCE_TYPE", Filters={"ResourceType": "AWS::ECR::Repository"}, **name
    )
    expression = "SELECT resourceId, configuration WHERE resourceType = 'AWS::ECR::Repository'"
    pages = client.get_paginator("select_aggregate_resource_config").paginate(Expression=expression, **name)
    rows = [row for page in pages for row in page["Results"]]
    assert len(rows) == counts["TotalDiscoveredResources"] > 20, (len(rows), counts)


def security_hub(session):
    client = session.client("securityhub")
    account, region = MEMBER, "eu-central-1"
    product = f"arn:aws:securityhub:{region}:{account}:product/{account}/default"
    finding = {
        "SchemaVersion": "2018-10-08",
        "Id": "test/one",
        "ProductArn": product,
        "GeneratorId": "test/generator",
        "AwsAccountId": account,
        "CreatedAt": "2026-11-23T10:00:00.000Z",
        "UpdatedAt": "2026-11-23T10:00:00.000Z",
        "Title": "A title",
        "Description": "A description",
        "Resources": [{"Type": "Other", "Id": "one"}],
        "Compliance": {"Status": "PASSED"},
        "FindingProviderFields": {"Severity": {"Label": "LOW"}, "Types": ["TTPs"]},
    }
    too_long = {**finding, "Id": "test/two", "Title": "x" * 257}
    answer = client.batch_import_findings(Findings=[finding, too_long])
    assert (answer["SuccessCount"], answer["FailedCount"]) == (1, 1), answer
    assert answer["FailedFindings"][0]["Id"] == "test/two", answer
    filters = {"GeneratorId": [{"Comparison": "PREFIX", "Value": "test/"}]}
    stored = client.get_findings(Filters=filters)["Findings"]
    assert [one["Severity"]["Label"] for one in stored] == ["LOW"], stored
    assert (stored[0]["Workflow"]["Status"], stored[0]["Region"]) == ("NEW", region), stored
    identifiers = [{"Id": one, "ProductArn": product} for one in ("test/one", "test/none")]
    note = {"Text": "a note", "UpdatedBy": "boto3"}
    answer = client.batch_update_findings(
        FindingIdentifiers=identifiers, Workflow={"Status": "RESOLVED"}, Note=note
    )
    assert [one["ErrorCode"] for one in answer["UnprocessedFindings"]] == ["FindingNotFound"], answer
    # An import changes nothing that users decide on, but for what has failed anew.
    later = {**finding, "UpdatedAt": "2026-11-23T11:00:00.000Z", "Workflow": {"Status": "SUPPRESSED"}}
    client.batch_import_findings(Findings=[later])
    stored = client.get_findings(Filters=filters)["Findings"][0]
    assert (stored["Workflow"]["Status"], stored["Note"]["Text"]) == ("RESOLVED", "a note"), stored
    later = {**finding, "UpdatedAt": "2026-11-23T12:00:00.000Z", "Compliance": {"Status": "FAILED"}}
    client.batch_import_findings(Findings=[later])
    stored = client.get_findings(Filters=filters)["Findings"][0]
    assert stored["Workflow"]["Status"] == "NEW", stored
    # Nobody brings findings of another account.
    other = {**finding, "AwsAccountId": "111111111111"}
    denied = code_of(client.batch_import_findings, Findings=[other])
    assert denied == "AccessDeniedException", denied
    many = [{**finding, "Id": f"test/{number}"} for number in range(101)]
    invalid = code_of(client.batch_import_findings, Findings=many)
    assert invalid in ("InvalidInputException", "ParamValidation"), invalid


def main():
    session = boto3.Session()
    organizations(session)
    member = member_session(session)
    prepared(session, member)
    account(member)
    ecr_and_kms(member)
    tagging(member)
    config(member)
    aggregator(session)
    security_hub(member)
    print("boto3 accepts the simulator")


if __name__ == "__main__":
    main()

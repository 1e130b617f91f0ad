"""Fills a moto server with an organization and prints, as one JSON document, what was made.

    python seed_moto.py ENDPOINT

The document holds facts, not verdicts: accounts (`id, name, organizational_unit_path, state`)
and repositories (`account_id, region, name, arn, encryption_type, kms_key, key, tags`).
`kms_key` is what ECR answered at creation; `key` is the key behind it (`arn, account_id,
origin, manager, state`), null where there is none or where no such key exists. Ids are the
same in every run: moto's random numbers are seeded.

What moto 5.2.5 answers to the audit role, tried with boto3 1.44.5:

  sts            AssumeRole never refuses: a role or an account that doesn't exist will do. The
                 credentials act in the role's account, and every back end keeps accounts apart.
  organizations  ListAccounts gives `State` and `Status`, no `Paths`; it pages (MaxResults,
                 NextToken). A closed account stays listed as SUSPENDED at once. The management
                 account is called `master`. ListRoots, ListOrganizationalUnitsForParent,
                 ListAccountsForParent, DescribeOrganizationalUnit (no `Path`), ListParents (OU
                 and account) work. To a member account ListAccounts is an empty list, no denial,
                 and so it is before there is an organization.
  account        no ListRegions: moto_server.py adds it.
  ecr            DescribeRepositories works by account and Region and never pages: `maxResults`
                 is ignored. Without an encryption configuration a repository is AES256. `KMS`
                 without a key is answered with the ARN of a key that doesn't exist, `KMS_DSSE`
                 without a key with none. A key's id or alias is kept as given, AWS resolves it;
                 a key's existence, account and Region are not checked.
  kms            All four origins can be created; no import of material and no key stores, so an
                 EXTERNAL key is Enabled at birth and PendingImport can't be had. Disabled,
                 PendingDeletion and multi-Region keys work. `KeyManager` is always CUSTOMER and
                 there is no alias/aws/ecr (NotFoundException). DescribeKey takes ARN, id and
                 alias; another account's or Region's key is NotFoundException, never denied.
  tagging        GetResources doesn't know ECR: moto_server.py adds it. Type filter, tag filter
                 and paging are moto's; an untagged repository is not listed.
"""

import json
import sys
import urllib.request
from functools import cache
from itertools import cycle, islice

import boto3
from botocore.config import Config

MANAGEMENT_ACCOUNT = "123456789012"
AUDIT_ROLE = "EcrEncryptionAudit"
REGIONS = ["us-east-1", "eu-west-1"]
EXEMPT_TAG = "encryption-exempt"

# The management account, at the root, makes it twelve.
MEMBERS = [
    ("audit", "Root/Security"),
    ("shared-keys", "Root/Security"),
    ("network", "Root/Infrastructure"),
    ("build", "Root/Infrastructure"),
    ("payments-prod", "Root/Workloads/Prod"),
    ("search-prod", "Root/Workloads/Prod"),
    ("ledger-prod", "Root/Workloads/Prod/Regulated"),
    ("payments-dev", "Root/Workloads/Dev"),
    ("search-dev", "Root/Workloads/Dev"),
    ("playground", "Root/Sandbox"),
    ("untidy", "Root"),
]
CLOSED_MEMBER = ("left-the-company", "Root/Sandbox")

# Repository name, encryption type (None: none asked for), key, value of the exemption tag
# (None: no tag). The key is one of KEYS, by its ARN unless the name says otherwise.
REPOSITORIES = [
    ("service/default", None, None, None),
    ("service/aes256", "AES256", None, None),
    ("service/kms-without-key", "KMS", None, None),
    ("service/customer-key", "KMS", "AWS_KMS", None),
    ("service/imported-key", "KMS", "EXTERNAL", None),
    ("service/cloudhsm-key", "KMS", "AWS_CLOUDHSM", None),
    ("service/external-store-key", "KMS", "EXTERNAL_KEY_STORE", None),
    ("service/multi-region-key", "KMS", "multi-region", None),
    ("service/dual-layer", "KMS_DSSE", "AWS_KMS", None),
    ("service/dual-layer-without-key", "KMS_DSSE", None, None),
    ("service/by-key-id", "KMS", "AWS_KMS", None),
    ("service/by-alias", "KMS", "AWS_KMS", None),
    ("service/shared-key", "KMS", "shared", None),
    ("broken/disabled-key", "KMS", "disabled", None),
    ("broken/key-pending-deletion", "KMS", "pending-deletion", None),
    ("broken/disabled-imported-key", "KMS", "disabled-imported", None),
    ("exempt/until-2099", "AES256", None, "2099-12-31"),
    ("exempt/for-a-reason", "AES256", None, "public base images, no secrets in them"),
    ("exempt/without-a-reason", "AES256", None, ""),
    ("exempt/until-2020", "AES256", None, "2020-01-31"),
    ("exempt/not-a-date", "AES256", None, "2027-02-30"),
    ("exempt/broken", "KMS", "pending-deletion", "2099-12-31"),
    ("sandbox/scratch", "AES256", None, None),
    ("sandbox/team-a/scratch", "KMS", "AWS_KMS", None),
]
# Every target but the last (which stays empty) gets this many of them, each a different run.
REPOSITORIES_PER_TARGET = 7

KEYS = {
    "AWS_KMS": {},
    "EXTERNAL": {"Origin": "EXTERNAL"},
    "AWS_CLOUDHSM": {"Origin": "AWS_CLOUDHSM"},
    "EXTERNAL_KEY_STORE": {"Origin": "EXTERNAL_KEY_STORE"},
    "multi-region": {"MultiRegion": True},
    "disabled": {},
    "disabled-imported": {"Origin": "EXTERNAL"},
    "pending-deletion": {},
}
KEY_ALIAS = "alias/registry"


class Account:
    """One account as its audit role sees it (the management account: as its own user)."""

    def __init__(self, aws: "Aws", account_id: str):
        self.id = account_id
        self._aws = aws
        self._credentials = {}
        if account_id != MANAGEMENT_ACCOUNT:
            answer = aws.client("sts").assume_role(
                RoleArn=f"arn:aws:iam::{account_id}:role/{AUDIT_ROLE}",
                RoleSessionName="seed",
            )["Credentials"]
            self._credentials = {
                "aws_access_key_id": answer["AccessKeyId"],
                "aws_secret_access_key": answer["SecretAccessKey"],
                "aws_session_token": answer["SessionToken"],
            }

    @cache
    def client(self, service: str, region: str = REGIONS[0]):
        return self._aws.client(service, region, **self._credentials)


class Aws:
    """Clients of one endpoint; without other credentials, the management account's."""

    def __init__(self, endpoint: str):
        self._session = boto3.Session(
            aws_access_key_id="testing", aws_secret_access_key="testing"
        )
        self._endpoint = endpoint

    def client(self, service: str, region: str = REGIONS[0], **credentials):
        return self._session.client(
            service,
            region_name=region,
            endpoint_url=self._endpoint,
            config=Config(retries={"total_max_attempts": 1}),
            **credentials,
        )


def create_organization(aws: Aws) -> list[dict]:
    """Creates OUs and accounts; returns the accounts as ListAccounts should tell them."""
    organizations = aws.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    units = {"Root": root}

    def unit(path: str) -> str:
        if path not in units:
            parent, _, name = path.rpartition("/")
            units[path] = organizations.create_organizational_unit(
                ParentId=unit(parent), Name=name
            )["OrganizationalUnit"]["Id"]
        return units[path]

    def member(name: str, path: str) -> dict:
        account_id = organizations.create_account(
            Email=f"{name}@example.com", AccountName=name
        )["CreateAccountStatus"]["AccountId"]
        if path != "Root":
            organizations.move_account(
                AccountId=account_id, SourceParentId=root, DestinationParentId=unit(path)
            )
        return {
            "id": account_id,
            "name": name,
            "organizational_unit_path": path,
            "state": "ACTIVE",
        }

    management = {
        "id": MANAGEMENT_ACCOUNT,
        "name": "master",
        "organizational_unit_path": "Root",
        "state": "ACTIVE",
    }
    accounts = [management, *(member(name, path) for name, path in MEMBERS)]
    closed = member(*CLOSED_MEMBER)
    organizations.close_account(AccountId=closed["id"])
    closed["state"] = "SUSPENDED"
    return [*accounts, closed]


def create_audit_role(account: Account) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT_ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
    }
    account.client("iam").create_role(
        RoleName=AUDIT_ROLE,
        AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [statement]}
        ),
    )


class Keys:
    """The keys of every target, each made when a repository first needs it: moto generates an
    RSA pair a key, symmetric or not, and that is most of what seeding costs."""

    def __init__(self):
        self._made = {}

    def facts(self, account: Account, region: str, name: str) -> dict:
        """One of KEYS; the state being what was done to the key."""
        place = (account.id, region, name)
        if place not in self._made:
            self._made[place] = create_key(account, region, name)
        return self._made[place]


def create_key(account: Account, region: str, name: str) -> dict:
    kms = account.client("kms", region)
    metadata = kms.create_key(Description=name, **KEYS[name])["KeyMetadata"]
    state = "Enabled"
    if name.startswith("disabled"):
        kms.disable_key(KeyId=metadata["KeyId"])
        state = "Disabled"
    elif name == "pending-deletion":
        kms.schedule_key_deletion(KeyId=metadata["KeyId"], PendingWindowInDays=30)
        state = "PendingDeletion"
    elif name == "AWS_KMS":
        kms.create_alias(AliasName=KEY_ALIAS, TargetKeyId=metadata["KeyId"])
    return {
        "arn": metadata["Arn"],
        "account_id": account.id,
        "origin": metadata["Origin"],
        "manager": metadata["KeyManager"],
        "state": state,
    }


def key_reference(repository: str, key: dict) -> str:
    if repository == "service/by-key-id":
        return key["arn"].rpartition("/")[2]
    if repository == "service/by-alias":
        return KEY_ALIAS
    return key["arn"]


def create_repository(account: Account, region: str, description, key) -> dict:
    name, encryption_type, _, exemption = description
    # A tag that means nothing to the policy, so that not every tag is an exemption.
    tags = {"team": "registry"}
    if exemption is not None:
        tags[EXEMPT_TAG] = exemption
    options = {}
    if encryption_type:
        options["encryptionConfiguration"] = {"encryptionType": encryption_type}
    if key:
        options["encryptionConfiguration"]["kmsKey"] = key_reference(name, key)
    answer = account.client("ecr", region).create_repository(
        repositoryName=name,
        tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        **options,
    )["repository"]
    return {
        "account_id": account.id,
        "region": region,
        "name": name,
        "arn": answer["repositoryArn"],
        "encryption_type": answer["encryptionConfiguration"]["encryptionType"],
        "kms_key": answer["encryptionConfiguration"].get("kmsKey"),
        "key": key,
        "tags": tags,
    }


def create_repositories(accounts: list[Account], sharing: Account) -> list[dict]:
    targets = [(account, region) for account in accounts for region in REGIONS]
    keys = Keys()
    descriptions = cycle(REPOSITORIES)
    repositories = []
    for account, region in targets[:-1]:
        for description in islice(descriptions, REPOSITORIES_PER_TARGET):
            key_name = description[2]
            key = None
            if key_name == "shared":
                key = keys.facts(sharing, region, "AWS_KMS")
            elif key_name:
                key = keys.facts(account, region, key_name)
            repositories.append(create_repository(account, region, description, key))
    return repositories


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: seed_moto.py ENDPOINT")
    endpoint = sys.argv[1].rstrip("/")
    seed = urllib.request.Request(f"{endpoint}/moto-api/seed?a=1", method="POST")
    urllib.request.urlopen(seed).close()

    aws = Aws(endpoint)
    described = create_organization(aws)
    active = [
        Account(aws, account["id"])
        for account in described
        if account["state"] == "ACTIVE"
    ]
    for account in active:
        create_audit_role(account)
    by_name = dict(zip((account["name"] for account in described), active))
    facts = {
        "regions": REGIONS,
        "accounts": described,
        "repositories": create_repositories(active, by_name["shared-keys"]),
    }
    print(json.dumps(facts, indent=2))


if __name__ == "__main__":
    main()

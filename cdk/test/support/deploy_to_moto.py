"""Deploys cloud assemblies, each by itself, to moto's CloudFormation, and tells as JSON what came of it.

    python deploy_to_moto.py FOLDER …

The server is a thread of this process, on a free port of 127.0.0.1, and ends with it. Assets are put where `cdk deploy`
puts them, templates are deployed in the order of their dependencies, each into its own account and Region, and the
templates that StackSets carry into an account of their own. What is told was read back by the services' own calls.
"""

import io
import json
import logging
import sys
import warnings
import zipfile
from pathlib import Path
from urllib.request import Request, urlopen

import boto3
from botocore.exceptions import ClientError
from moto.cloudformation.parsing import get_model_map
from moto.server import ThreadedMotoServer

MEMBER = "999988887777"

# What the scan writes under the prefix of the reports, as far as it matters who hears of it.
WRITTEN = [
    ".unfinished/0193a/journal-1",
    ".unfinished/0193a/manifest.json",
    ".unfinished/0193a/lock.json",
    ".unfinished/0193a/continue-1.json",
    ".unfinished/0193a/continue-16.json",
    "interrupted-0193a/manifest.json",
    "runs/2026-11-23-0193a/findings.jsonl",
    "latest.json",
]


class Cloud:
    """Clients of any account and Region of the server."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.sessions: dict[str, boto3.Session] = {}

    def client(self, service: str, account: str, region: str):
        if account not in self.sessions:
            partition = "aws-us-gov" if region.startswith("us-gov-") else "aws"
            caller = boto3.client(
                "sts", endpoint_url=self.endpoint, region_name=region, aws_access_key_id="a", aws_secret_access_key="b"
            )
            role = f"arn:{partition}:iam::{account}:role/deployer"
            credentials = caller.assume_role(RoleArn=role, RoleSessionName="deploy")["Credentials"]
            self.sessions[account] = boto3.Session(
                aws_access_key_id=credentials["AccessKeyId"],
                aws_secret_access_key=credentials["SecretAccessKey"],
                aws_session_token=credentials["SessionToken"],
            )
        return self.sessions[account].client(service, endpoint_url=self.endpoint, region_name=region)


def put_assets(cloud: Cloud, folder: Path, account: str, region: str, assets: dict) -> None:
    """As `cdk deploy` does, into the bucket that `cdk bootstrap` makes."""
    s3 = cloud.client("s3", account, region)
    cloud.client("ssm", account, region).put_parameter(
        Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String", Overwrite=True
    )
    for asset in assets["files"].values():
        source = folder / asset["source"]["path"]
        if asset["source"]["packaging"] == "zip":
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w") as archive:
                for file in sorted(source.rglob("*")):
                    archive.write(file, file.relative_to(source))
            body = packed.getvalue()
        else:
            body = source.read_bytes()
        for destination in asset["destinations"].values():
            bucket = destination["bucketName"]
            try:
                configuration = {} if region == "us-east-1" else {"LocationConstraint": region}
                s3.create_bucket(Bucket=bucket, **({"CreateBucketConfiguration": configuration} if configuration else {}))
            except ClientError as error:
                if error.response["Error"]["Code"] not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                    raise
            s3.put_object(Bucket=bucket, Key=destination["objectKey"], Body=body)


def without_key_tags(body: str) -> str:
    """moto takes the tags of KMS keys as KMS writes them (`TagKey`), not as CloudFormation does (`Key`)."""
    template = json.loads(body)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::KMS::Key":
            resource["Properties"].pop("Tags", None)
    return json.dumps(template)


def deploy(cloud: Cloud, name: str, account: str, region: str, body: str, parameters: list) -> dict:
    cloudformation = cloud.client("cloudformation", account, region)
    cloudformation.create_stack(
        StackName=name, TemplateBody=body, Parameters=parameters, Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    made = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    told = {
        "status": stack["StackStatus"],
        # What moto did not make is told without a type.
        "made": sorted(resource["ResourceType"] for resource in made if "ResourceType" in resource),
        "unsupported": sorted(
            {resource["Type"] for resource in json.loads(body)["Resources"].values()} - set(get_model_map())
        ),
    }
    resources = {one["LogicalResourceId"]: one for one in made if "LogicalResourceId" in one}
    told["read"] = read_back(cloud, account, region, resources)
    return told


def read_back(cloud: Cloud, account: str, region: str, resources: dict) -> dict:
    read = {}
    for logical_id, resource in resources.items():
        name = resource.get("PhysicalResourceId")
        match resource["ResourceType"]:
            case "AWS::S3::Bucket":
                s3 = cloud.client("s3", account, region)
                rule = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
                read[logical_id] = {"encryption": rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]}
            case "AWS::Lambda::Function":
                function = cloud.client("lambda", account, region).get_function(FunctionName=name)["Configuration"]
                read[logical_id] = {
                    "role": function["Role"],
                    "runtime": function["Runtime"],
                    "architectures": function["Architectures"],
                    "variables": function.get("Environment", {}).get("Variables", {}),
                }
            case "AWS::KMS::Key":
                kms = cloud.client("kms", account, region)
                read[logical_id] = {"rotates": kms.get_key_rotation_status(KeyId=name)["KeyRotationEnabled"]}
            case "AWS::IAM::Role":
                role = cloud.client("iam", account, region).get_role(RoleName=name)["Role"]
                read[logical_id] = {"arn": role["Arn"], "trust": role["AssumeRolePolicyDocument"]}
            case "AWS::SQS::Queue":
                attributes = cloud.client("sqs", account, region).get_queue_attributes(
                    QueueUrl=name, AttributeNames=["All"]
                )["Attributes"]
                read[logical_id] = {"retention": attributes["MessageRetentionPeriod"]}
            case "AWS::Events::Rule":
                read[logical_id] = heard(cloud, account, region, name)
            case _:
                pass
    return read


def heard(cloud: Cloud, account: str, region: str, rule: str) -> dict:
    """The targets of a rule, and what it hears of when the scan writes into the bucket that it names."""
    events, s3, sqs = (cloud.client(service, account, region) for service in ("events", "s3", "sqs"))
    detail = json.loads(events.describe_rule(Name=rule)["EventPattern"])["detail"]
    bucket = detail["bucket"]["name"][0]
    prefix = detail["object"]["key"][0]["wildcard"].split("/.unfinished/")[0]
    targets = events.list_targets_by_rule(Rule=rule)["Targets"]
    # A queue in place of the function, which moto would run in a container.
    queue = sqs.create_queue(QueueName="heard")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.remove_targets(Rule=rule, Ids=[target["Id"] for target in targets])
    events.put_targets(Rule=rule, Targets=[{"Id": "heard", "Arn": arn}])
    # Which moto's CloudFormation leaves out.
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    for key in WRITTEN:
        s3.put_object(Bucket=bucket, Key=f"{prefix}/{key}", Body=b"{}")
    messages = []
    while received := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        messages += [json.loads(message["Body"])["detail"]["object"]["key"] for message in received]
    return {"targets": [(target["Arn"], target.get("Input")) for target in targets], "heard": sorted(messages)}


def deploy_assembly(cloud: Cloud, folder: Path) -> dict:
    artifacts = json.loads((folder / "manifest.json").read_text())["artifacts"]
    stacks = {name: one for name, one in artifacts.items() if one["type"] == "aws:cloudformation:stack"}
    told = {}
    while stacks:
        # One that waits for no other.
        name = next(name for name, one in stacks.items() if not set(one.get("dependencies", [])) & set(stacks))
        stack = stacks.pop(name)
        account, region = stack["environment"].removeprefix("aws://").split("/")
        put_assets(cloud, folder, account, region, json.loads((folder / f"{name}.assets.json").read_text()))
        body = without_key_tags((folder / stack["properties"]["templateFile"]).read_text())
        told[name] = deploy(cloud, name, account, region, body, [])
        for resource in json.loads(body)["Resources"].values():
            if resource["Type"] == "AWS::CloudFormation::StackSet":
                properties = resource["Properties"]
                function = f"arn:aws:lambda:{region}:{account}:function:rule"
                parameters = [
                    {"ParameterKey": one["ParameterKey"], "ParameterValue": function}
                    for one in properties.get("Parameters", [])
                ]
                carried = properties["StackSetName"]
                told[f"{name}/{carried}"] = deploy(
                    cloud, carried, MEMBER, region, properties["TemplateBody"], parameters
                )
    return told


def main() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    told = []
    for folder in sys.argv[1:]:
        urlopen(Request(f"{endpoint}/moto-api/reset", method="POST")).close()
        told.append(deploy_assembly(Cloud(endpoint), Path(folder)))
    server.stop()
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()

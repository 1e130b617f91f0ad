"""The rule as a Python handler on boto3, for `make bench-rule` to compare with. Not for use.

    python rule_handler.py

talks to the Lambda Runtime API that AWS_LAMBDA_RUNTIME_API names, as AWS's Python runtime does.

It makes the same AWS calls as ecr-encryption-rule for a change of a repository in the function's
own account: DescribeKey, unless it was asked in the last five minutes, then PutEvaluations. Like
the rule it judges level and key state, and writes one JSON line as log and one as metrics. It does
less: no sweeps, roles, exemptions or other demands, and nothing that went wrong is handled.
"""

import http.client
import json
import os
import sys
import time

import boto3
from botocore.config import Config

LEVELS = ["sse", "awskms", "awscmk", "externalcmk", "cloudhsm", "externalkeystore"]
LEVEL_OF_ORIGIN = {
    "AWS_KMS": "awscmk",
    "EXTERNAL": "externalcmk",
    "AWS_CLOUDHSM": "cloudhsm",
    "EXTERNAL_KEY_STORE": "externalkeystore",
}
USABLE_STATES = {"Enabled", "Updating"}
KEY_LIFETIME_S = 300

# At the start, as AWS recommends: warm invocations find them ready.
RETRIES = Config(retries={"mode": "standard", "max_attempts": 5})
kms = boto3.client("kms", config=RETRIES)
config_service = boto3.client("config", config=RETRIES)
keys: dict[str, tuple[float, dict]] = {}


def describe(key: str) -> dict:
    now = time.monotonic()
    if key in keys and now - keys[key][0] < KEY_LIFETIME_S:
        return keys[key][1]
    facts = kms.describe_key(KeyId=key)["KeyMetadata"]
    keys[key] = (now, facts)
    return facts


def judge(encryption: dict, desired: str) -> tuple[str, str, str]:
    """Level, compliance type, reason."""
    if encryption["EncryptionType"] == "AES256":
        level, state = "sse", None
    else:
        facts = describe(encryption["KmsKey"])
        state = facts["KeyState"]
        level = "awskms" if facts["KeyManager"] == "AWS" else LEVEL_OF_ORIGIN[facts["Origin"]]
    if state is not None and state not in USABLE_STATES:
        return level, "NON_COMPLIANT", f"key-unusable: the key is {state}"
    if LEVELS.index(level) < LEVELS.index(desired):
        return level, "NON_COMPLIANT", f"below-desired-level: the level is {level}, {desired} is demanded"
    return level, "COMPLIANT", f"level-met: the level is {level}, {desired} is demanded"


def handle(event: dict, request_id: str) -> dict:
    began = time.monotonic()
    parameters = json.loads(event.get("ruleParameters") or "{}")
    item = json.loads(event["invokingEvent"])["configurationItem"]
    level = None
    if item["configurationItemStatus"] not in ("OK", "ResourceDiscovered") or event.get("eventLeftScope"):
        compliance, reason = "NOT_APPLICABLE", "the repository is gone or out of scope"
    else:
        desired = parameters.get("desiredEncryptionLevel", "awscmk")
        level, compliance, reason = judge(item["configuration"]["EncryptionConfiguration"], desired)
    config_service.put_evaluations(
        Evaluations=[
            {
                "ComplianceResourceType": item["resourceType"],
                "ComplianceResourceId": item["resourceId"],
                "ComplianceType": compliance,
                "Annotation": reason[:256],
                "OrderingTimestamp": item["configurationItemCaptureTime"],
            }
        ],
        ResultToken=event["resultToken"],
    )
    duration_ms = round((time.monotonic() - began) * 1000, 3)
    log(
        request_id=request_id,
        account=item["awsAccountId"],
        region=item["awsRegion"],
        repository=item["resourceName"],
        level=level,
        status=compliance,
        reason=reason,
        duration_ms=duration_ms,
    )
    log(
        _aws={
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": "EcrEncryptionRule",
                    "Dimensions": [[]],
                    "Metrics": [{"Name": compliance}, {"Name": "Duration", "Unit": "Milliseconds"}],
                }
            ],
        },
        **{compliance: 1, "Duration": duration_ms},
    )
    return {"evaluations": 1}


def log(**fields: object) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def main() -> None:
    runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        runtime.request("GET", "/2018-06-01/runtime/invocation/next")
        answer = runtime.getresponse()
        request_id = answer.getheader("Lambda-Runtime-Aws-Request-Id")
        event = json.load(answer)
        try:
            outcome, result = "response", handle(event, request_id)
        except Exception as error:
            outcome = "error"
            result = {"errorType": type(error).__name__, "errorMessage": str(error), "stackTrace": []}
        path = f"/2018-06-01/runtime/invocation/{request_id}/{outcome}"
        runtime.request("POST", path, json.dumps(result), {"Content-Type": "application/json"})
        runtime.getresponse().read()


if __name__ == "__main__":
    main()

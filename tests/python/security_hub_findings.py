"""Prints what every account and Region of a moto server has in Security Hub, as one JSON list.

    python security_hub_findings.py ENDPOINT

Each item is `account, region, Id, status, workflow`.
"""

import json
import sys

import boto3

from seed_moto import AUDIT_ROLE, MANAGEMENT_ACCOUNT, REGIONS


def main(endpoint: str) -> None:
    def client(service: str, region: str, **credentials: str):
        keys = credentials or {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        return boto3.client(service, endpoint_url=endpoint, region_name=region, **keys)

    organizations, sts = client("organizations", "us-east-1"), client("sts", "us-east-1")
    pages = organizations.get_paginator("list_accounts").paginate()
    accounts = [account["Id"] for page in pages for account in page["Accounts"] if account["State"] == "ACTIVE"]
    stored = []
    for account in accounts:
        credentials = {}
        if account != MANAGEMENT_ACCOUNT:
            role = f"arn:aws:iam::{account}:role/{AUDIT_ROLE}"
            session = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
            credentials = {
                "aws_access_key_id": session["AccessKeyId"],
                "aws_secret_access_key": session["SecretAccessKey"],
                "aws_session_token": session["SessionToken"],
            }
        for region in REGIONS:
            hub = client("securityhub", region, **credentials)
            for page in hub.get_paginator("get_findings").paginate():
                stored += [
                    {
                        "account": account,
                        "region": region,
                        "Id": finding["Id"],
                        "status": finding["Compliance"]["Status"],
                        "workflow": finding.get("Workflow", {}).get("Status", "NEW"),
                    }
                    for finding in page["Findings"]
                ]
    print(json.dumps(stored))


if __name__ == "__main__":
    main(sys.argv[1])

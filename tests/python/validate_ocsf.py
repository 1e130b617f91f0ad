"""Validates every line of a file by the OCSF schema of the version that the line names.

    validate_ocsf.py FILE

The schemas are those of schema.ocsf.io as the package ocsf-json-schema carries them. Prints the lines' status ids as
JSON; ends with status 1, and tells why, where a line is not valid.
"""

import json
import sys
from collections import Counter
from functools import cache

from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema


@cache
def validator(version, class_uid, profiles):
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=version))
    name = schema.lookup_class_name_from_uid(class_uid=class_uid)
    return Draft202012Validator(schema.get_class_schema(class_name=name, profiles=list(profiles)))


def main(path):
    statuses = Counter()
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            event = json.loads(line)
            metadata = event["metadata"]
            check = validator(metadata["version"], event.get("class_uid", 2003), tuple(metadata["profiles"]))
            for error in check.iter_errors(event):
                sys.exit(f"line {number}: {error.json_path}: {error.message}")
            statuses[event["compliance"]["status_id"]] += 1
    json.dump(statuses, sys.stdout)


main(sys.argv[1])

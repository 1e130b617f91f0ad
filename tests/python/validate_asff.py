"""Validates files of ASFF findings, one a line, as botocore's model of BatchImportFindings has them.

    python validate_asff.py findings.asff.jsonl …

botocore checks types, required and unknown members. What its validator leaves to AWS is read from
the same model: enumerations, patterns, and the lengths and numbers of items, which only the
documentation of the members tells. Prints the number of findings; each problem is a line on stderr,
and the exit status is 1.
"""

import json
import re
import sys
from collections.abc import Iterator

import botocore.session
from botocore.model import Shape
from botocore.validate import ParamValidator

MOST_FINDINGS = 100
MOST_BYTES = 240_000
LENGTH = re.compile(r"Maximum (?:length )?of (\d+)(?: length)?\.", re.IGNORECASE)
ITEMS = re.compile(r"Maximum number of (\d+) items", re.IGNORECASE)
PAIRS = re.compile(
    r"up to (\d+) key-value pairs\. .*key can contain up to (\d+) characters, and the value can contain up to (\d+)",
    re.IGNORECASE,
)
# What the model doesn't tell: the guide's page on the `Other` object.
OTHER = (50, 127, 1_023)


def plain(documentation: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", documentation))


def problems(shape: Shape, value: object, path: str, documentation: str = "") -> Iterator[str]:
    """What is wrong with a value of a shape, whose member is documented so."""
    said = plain(documentation)
    if shape.type_name == "structure":
        for name, member in value.items():
            inner = shape.members[name]
            yield from problems(inner, member, f"{path}.{name}", inner.documentation)
    elif shape.type_name == "list":
        if (most := ITEMS.search(said)) and len(value) > int(most[1]):
            yield f"{path}: {len(value)} items, and {most[1]} are allowed"
        for number, member in enumerate(value):
            yield from problems(shape.member, member, f"{path}[{number}]")
    elif shape.type_name == "map":
        found = PAIRS.search(said)
        limits = tuple(map(int, found.groups())) if found else OTHER if path.endswith(".Other") else None
        if limits is None:
            raise NotImplementedError(f"nothing is known of the limits of {path}")
        pairs, most_key, most_value = limits
        if len(value) > pairs:
            yield f"{path}: {len(value)} pairs, and {pairs} are allowed"
        for key, member in value.items():
            yield from text_problems(shape.key, key, f"{path} key {key!r}", most_key)
            yield from text_problems(shape.value, member, f"{path}[{key!r}]", most_value)
    elif shape.type_name == "string":
        most = LENGTH.search(said)
        yield from text_problems(shape, value, path, int(most[1]) if most else None)


def text_problems(shape: Shape, value: str, path: str, most: int | None) -> Iterator[str]:
    if most is not None and len(value) > most:
        yield f"{path}: {len(value)} characters, and {most} are allowed"
    if allowed := getattr(shape, "enum", None):
        if value not in allowed:
            yield f"{path}: {value!r} is none of {allowed}"
    pattern = shape.metadata.get("pattern")
    if pattern and not re.search(pattern, value):
        yield f"{path}: {value!r} is not like {pattern}"


def main(paths: list[str]) -> int:
    model = botocore.session.get_session().get_service_model("securityhub")
    shape = model.operation_model("BatchImportFindings").input_shape
    finding_shape = shape.members["Findings"].member
    # The limits that matter must be found in the documentation, whatever becomes of its words.
    for name, most in (("Title", "256"), ("Description", "1024"), ("Id", "512")):
        found = LENGTH.search(plain(finding_shape.members[name].documentation))
        if not found or found[1] != most:
            raise NotImplementedError(f"the documentation does not tell the length of {name}")
    told: list[str] = []
    count = 0
    for path in paths:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        findings = [json.loads(line) for line in lines]
        count += len(findings)
        for first in range(0, len(findings), MOST_FINDINGS):
            report = ParamValidator().validate({"Findings": findings[first : first + MOST_FINDINGS]}, shape)
            if report.has_errors():
                told.append(f"{path}, from line {first + 1}: {report.generate_report()}")
        if told:
            continue
        for number, (line, finding) in enumerate(zip(lines, findings, strict=True), start=1):
            if len(line.encode()) > MOST_BYTES:
                told.append(f"{path}, line {number}: {len(line.encode())} bytes")
            told += [f"{path}, line {number}: {one}" for one in problems(finding_shape, finding, "Finding")]
        ids = [finding["Id"] for finding in findings]
        told += [f"{path}: the id {one} comes twice" for one in sorted({one for one in ids if ids.count(one) > 1})]
    for problem in told:
        print(problem, file=sys.stderr)
    print(count)
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

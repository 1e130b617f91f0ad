"""Checks lines of AWS's command line against the models of its API: names, options, values.

Reads them from standard input. Run by tests/tests/doctor/commands.rs. Ends with status 0 and the number of
commands, or with what is wrong.
"""

import json
import shlex
import sys

import botocore.session
from botocore import xform_name
from botocore.validate import ParamValidator

SERVICES = {"configservice": "config"}
# The command line has these as options of their own; in the API they are members of another.
MOVED = {("put-configuration-recorder", "recording-group"): ("ConfigurationRecorder", "recordingGroup")}


def structure(text):
    """A value in JSON, or in the short form: names and values, of which a list has several."""
    if text.startswith(("{", "[")):
        return json.loads(text)
    return dict(part.split("=", 1) for part in text.split(","))


def cast(text, shape):
    """The value of one option."""
    if shape.type_name == "structure":
        value = structure(text)
        for name, member in value.items():
            known = shape.members.get(name)
            if known is None:
                raise ValueError(f"there is no {name}")
            if known.type_name == "list" and isinstance(member, str):
                value[name] = [member]
            if known.type_name == "boolean" and isinstance(member, str):
                value[name] = {"true": True, "false": False}[member]
        return value
    if shape.type_name == "boolean":
        return True
    return text


def check_enums(value, shape, where):
    """Botocore does not look at enumerations."""
    if shape.type_name == "structure":
        for name, member in value.items():
            check_enums(member, shape.members[name], f"{where}.{name}")
    elif shape.type_name == "list":
        for member in value:
            check_enums(member, shape.member, where)
    elif getattr(shape, "enum", None) and value not in shape.enum:
        raise ValueError(f"{where}: {value} is none of {shape.enum}")


def check(session, line):
    # Behind a command, zsh takes a comment for arguments.
    words = shlex.split(line, comments=False)
    _, service, operation, *rest = words
    model = session.get_service_model(SERVICES.get(service, service))
    names = {xform_name(name, "-"): name for name in model.operation_names}
    shape = model.operation_model(names[operation]).input_shape
    options = {xform_name(name, "-"): name for name in (shape.members if shape else {})}
    parameters, moved = {}, []
    while rest:
        option = rest.pop(0).removeprefix("--")
        values = []
        while rest and not rest[0].startswith("--"):
            values.append(rest.pop(0))
        if option == "region":
            session.get_available_regions("ec2").index(values[0])
            continue
        if (operation, option) in MOVED:
            moved.append((MOVED[operation, option], json.loads(values[0])))
            continue
        is_off = option.startswith("no-") and option not in options
        name = options[option.removeprefix("no-") if is_off else option]
        member = shape.members[name]
        if is_off:
            parameters[name] = False
        elif member.type_name == "list":
            is_plain = member.member.type_name != "structure"
            parameters[name] = values if is_plain else [cast(value, member.member) for value in values]
        elif member.type_name == "boolean":
            if values:
                raise ValueError(f"{option} takes no value")
            parameters[name] = True
        else:
            parameters[name] = cast(*values, member)
    for (into, name), value in moved:
        parameters[into][name] = value
    if shape is None:
        if parameters:
            raise ValueError("it takes nothing")
        return
    report = ParamValidator().validate(parameters, shape)
    if report.has_errors():
        raise ValueError(report.generate_report())
    check_enums(parameters, shape, operation)


def main():
    session = botocore.session.get_session()
    count = 0
    for line in sys.stdin.read().splitlines():
        if not line.startswith("aws "):
            continue
        count += 1
        try:
            check(session, line)
        except Exception as error:
            sys.exit(print(f"{line}\n  {type(error).__name__}: {error}") or 1)
    print(f"{count} commands")


main()

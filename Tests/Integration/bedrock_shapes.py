"""AWS's service models: what a body must look like, and what of it is wrong.

botocore's validator knows types, required members, unions and lower bounds; upper bounds, patterns
and enumerations stand in the model as well and are checked here.
"""

import base64
import binascii
import functools
import json
import re

from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape
from botocore.validate import ParamValidator


def service(name: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(name, "service-2"), name)


RUNTIME = service("bedrock-runtime")
STS = service("sts")


class Malformed(Exception):
    """Bytes that are no JSON of this shape."""


def parse(body: bytes) -> dict:
    """A JSON object; a member named twice, NaN or a wrong encoding is refused."""

    def once(pairs: list[tuple[str, object]]) -> dict:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise Malformed("a member is named twice")
        return found

    def constant(name: str) -> None:
        raise Malformed(f"{name} is no number")

    try:
        value = json.loads(body.decode(), object_pairs_hook=once, parse_constant=constant)
    except ValueError as error:
        raise Malformed(str(error)) from None
    if not isinstance(value, dict):
        raise Malformed("not an object")
    return value


def converted(value: object, shape: Shape) -> object:
    """JSON as botocore's parameters: a blob is bytes, which must come in strict base64."""
    if shape.type_name == "blob" and isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except binascii.Error as error:
            raise Malformed(f"a blob is no base64: {error}") from None
    if shape.type_name == "structure" and isinstance(value, dict) and not shape.is_document_type:
        members = shape.members
        return {name: converted(member, members[name]) if name in members else member
                for name, member in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [converted(element, shape.member) for element in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {name: converted(member, shape.value) for name, member in value.items()}
    return value


def violations(params: object, shape: Shape) -> list[str]:
    """What is wrong, most of all what botocore's validator says."""
    report = ParamValidator().validate(params, shape)
    if report.has_errors():
        return report.generate_report().split("\n")
    return list(beyond(params, shape, ""))


@functools.cache
def compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def beyond(value: object, shape: Shape, where: str):
    """Upper bounds, patterns, enumerations."""
    if shape.type_name == "structure" and shape.is_document_type:
        return
    rules = shape.metadata
    size = len(value) if isinstance(value, str | bytes | list | dict) else value
    if "max" in rules and size > rules["max"]:
        yield f"{where}: {size} is above {rules['max']}"
    if isinstance(value, str):
        pattern = rules.get("pattern")
        if pattern and not compiled(pattern).fullmatch(value):
            yield f"{where}: {value!r} is not {pattern}"
        if rules.get("enum") and value not in rules["enum"]:
            yield f"{where}: {value!r} is none of {rules['enum']}"
    elif shape.type_name == "structure":
        for name, member in value.items():
            yield from beyond(member, shape.members[name], f"{where}.{name}")
    elif shape.type_name == "list":
        for place, element in enumerate(value):
            yield from beyond(element, shape.member, f"{where}[{place}]")
    elif shape.type_name == "map":
        for name, member in value.items():
            yield from beyond(name, shape.key, f"{where} (key)")
            yield from beyond(member, shape.value, f"{where}.{name}")

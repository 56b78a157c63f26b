"""Holds answers, as they come over the wire, to AWS's own models of its APIs as botocore has them: no member that a
model lacks, none missing that it requires, each of its type and with times in the form of the protocol."""

import base64
import binascii
import io
import json
import re
from xml.etree import ElementTree

from botocore.parsers import RpcV2CBORParser

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
NUMBERS = {"integer": int, "long": int, "float": float, "double": float}


class Answers:
    """Looks at each answer that a client gets, and remembers which actions were answered."""

    def __init__(self):
        self.seen = set()
        self.wrong = []

    def watch(self, client):
        client.meta.events.register("before-parse", self._look)
        return client

    def _look(self, operation_model, response_dict, **_):
        name = f"{operation_model.service_model.service_name}:{operation_model.name}"
        if response_dict["status_code"] < 300:
            self.seen.add(name)
            self.wrong += [f"{name}: {problem}" for problem in problems(operation_model, response_dict)]


def problems(operation, response):
    """What is wrong with a successful answer."""
    protocol = operation.service_model.resolved_protocol
    body, shape = response["body"], operation.output_shape
    if protocol in ("query", "ec2"):
        return list(_document(operation, ElementTree.fromstring(body), protocol))
    if protocol == "smithy-rpc-v2-cbor":
        if shape is None:
            return []
        return list(_value(shape, RpcV2CBORParser().parse_data_item(io.BytesIO(body)), "", _moment))
    value = json.loads(body) if body else {}
    if shape is None:
        return [] if value in ({}, None) else [f"has {value} where nothing is answered"]
    return list(_value(shape, value, "", _seconds))


def _seconds(value):
    return isinstance(value, int | float) and not isinstance(value, bool) and 1_000_000_000 < value < 10_000_000_000


def _moment(value):
    return hasattr(value, "timestamp")


def _value(shape, value, path, is_time):
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            yield f"{path} is no structure: {value!r}"
            return
        for name in value.keys() - shape.members.keys():
            yield f"{path}.{name} is not in the model"
        for name in shape.required_members:
            if name not in value:
                yield f"{path}.{name} is missing"
        for name, member in shape.members.items():
            if name in value:
                yield from _value(member, value[name], f"{path}.{name}", is_time)
    elif kind == "list" and isinstance(value, list):
        for i, one in enumerate(value):
            yield from _value(shape.member, one, f"{path}[{i}]", is_time)
    elif kind == "map" and isinstance(value, dict):
        for key, one in value.items():
            yield from _value(shape.key, key, f"{path}.{key}", is_time)
            yield from _value(shape.value, one, f"{path}[{key}]", is_time)
    elif not _is_scalar(shape, value, is_time):
        yield f"{path} is no {kind}: {value!r}"


def _is_scalar(shape, value, is_time):
    kind = shape.type_name
    if kind == "timestamp":
        return is_time(value)
    if kind == "blob":
        return isinstance(value, bytes) or _is_base64(value)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in NUMBERS:
        return isinstance(value, (int, NUMBERS[kind])) and not isinstance(value, bool)
    return isinstance(value, str) and (not shape.enum or value in shape.enum)


def _is_base64(value):
    try:
        return bool(base64.b64decode(value, validate=True)) or value == ""
    except (binascii.Error, TypeError):
        return False


def _tag(element):
    return element.tag.rpartition("}")[2]


def _document(operation, root, protocol):
    if _tag(root) != operation.name + "Response":
        yield f"is a {_tag(root)}"
    children = {_tag(child): child for child in root}
    shape = operation.output_shape
    if protocol == "ec2":
        children.pop("requestId", None)
        yield from _members(shape, children, "")
        return
    if "ResponseMetadata" not in children:
        yield "has no ResponseMetadata"
    wrapper = shape.serialization.get("resultWrapper") if shape else None
    if wrapper:
        result = children.get(wrapper)
        if result is None:
            yield f"has no {wrapper}"
        else:
            yield from _members(shape, {_tag(child): child for child in result}, "")


def _members(shape, children, path):
    names = {member.serialization.get("name", name): (name, member) for name, member in shape.members.items()}
    for name in children.keys() - names.keys():
        yield f"{path}.{name} is not in the model"
    for wire, (name, member) in names.items():
        if wire in children:
            yield from _element(member, children[wire], f"{path}.{name}")
        elif name in shape.required_members:
            yield f"{path}.{name} is missing"


def _element(shape, element, path):
    if shape.type_name == "structure":
        yield from _members(shape, {_tag(child): child for child in element}, path)
    elif shape.type_name == "list":
        item = shape.member.serialization.get("name", "member")
        for i, child in enumerate(element):
            if _tag(child) != item:
                yield f"{path} has a {_tag(child)} where {item} was due"
            yield from _element(shape.member, child, f"{path}[{i}]")
    elif not _is_text(shape, element.text or ""):
        yield f"{path} is no {shape.type_name}: {element.text!r}"


def _is_text(shape, text):
    kind = shape.type_name
    if kind == "timestamp":
        return bool(ISO.fullmatch(text))
    if kind == "boolean":
        return text in ("true", "false")
    if kind in NUMBERS:
        return bool(re.fullmatch(r"-?\d+" if NUMBERS[kind] is int else r"-?\d+(\.\d+)?(E-?\d+)?", text))
    return not shape.enum or text in shape.enum

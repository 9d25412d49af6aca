"""The messages of Sparkplug B by their published field numbers, as protobuf's own classes.

Source: Eclipse Sparkplug 3.0.0, 6.4 (payload: field numbers).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

__all__ = ["DecodeError", "PayloadMessage"]

_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS: Mapping[str, Any] = {
    "uint32": _Field.TYPE_UINT32,
    "uint64": _Field.TYPE_UINT64,
    "float": _Field.TYPE_FLOAT,
    "double": _Field.TYPE_DOUBLE,
    "bool": _Field.TYPE_BOOL,
    "string": _Field.TYPE_STRING,
}
_VALUES = ("uint32", "uint64", "float", "double", "bool", "string")
_VALUE_NAMES = ("int", "long", "float", "double", "boolean", "string")
_MESSAGES: Mapping[str, tuple[int | None, Mapping[str, tuple[int, str]]]] = {
    # By message: the number of the first of its values, where it has one of several; its fields.
    "Payload": (
        None,
        {"timestamp": (1, "uint64"), "metrics": (2, "*Metric"), "seq": (3, "uint64")},
    ),
    "Metric": (
        10,
        {
            "name": (1, "string"),
            "alias": (2, "uint64"),
            "timestamp": (3, "uint64"),
            "datatype": (4, "uint32"),
            "is_historical": (5, "bool"),
            "is_null": (7, "bool"),
            "properties": (9, "PropertySet"),
        },
    ),
    "PropertySet": (None, {"keys": (1, "*string"), "values": (2, "*PropertyValue")}),
    "PropertyValue": (3, {"type": (1, "uint32"), "is_null": (2, "bool")}),
}


def _declared() -> Iterator[descriptor_pb2.DescriptorProto]:
    for name, (first_value, fields) in _MESSAGES.items():
        message = descriptor_pb2.DescriptorProto(name=name)
        for field, (number, type_) in fields.items():
            _declare(message, field, number, type_)
        if first_value is not None:
            message.oneof_decl.add(name="value")
            for place, type_ in enumerate(_VALUES):
                field = f"{_VALUE_NAMES[place]}_value"
                _declare(message, field, first_value + place, type_).oneof_index = 0
        yield message


def _declare(
    message: descriptor_pb2.DescriptorProto, name: str, number: int, type_: str
) -> descriptor_pb2.FieldDescriptorProto:
    field = message.field.add(name=name, number=number)
    field.label = _Field.LABEL_REPEATED if type_.startswith("*") else _Field.LABEL_OPTIONAL
    one = type_.removeprefix("*")
    if one in _SCALARS:
        field.type = _SCALARS[one]
    else:
        field.type, field.type_name = _Field.TYPE_MESSAGE, f".sparkplug.{one}"
    return field


def _payload_class() -> type[Message]:
    pool = descriptor_pool.DescriptorPool()
    declared = list(_declared())
    pool.Add(
        descriptor_pb2.FileDescriptorProto(
            name="sparkplug.proto", package="sparkplug", syntax="proto2", message_type=declared
        )
    )
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("sparkplug.Payload"))


PayloadMessage: Any = _payload_class()

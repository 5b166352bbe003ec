"""The part of ONNX's file format that is used here, as Protocol Buffers messages.

The package `onnx` has all of it, in 35 MB; this is a page, over the library that ONNX Runtime
brings along. Names, numbers and types are those of the published onnx.proto.
"""

from __future__ import annotations

from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_PACKAGE: Final = "ai_memory_onnx"

# A field: its number, its name, its type; a list is repeated. What is no scalar is a message.
_MESSAGES: Final[dict[str, list[tuple[int, str, str | list[str]]]]] = {
    "Tensor": [(1, "dims", ["int64"]), (2, "data_type", "int32"), (8, "name", "string"),
               (9, "raw_data", "bytes")],
    "Attribute": [(1, "name", "string"), (2, "f", "float"), (3, "i", "int64"), (4, "s", "bytes"),
                  (5, "t", "Tensor"),
                  (20, "type", "int32")],
    "Node": [(1, "input", ["string"]), (2, "output", ["string"]), (3, "name", "string"),
             (4, "op_type", "string"), (5, "attribute", ["Attribute"]), (7, "domain", "string")],
    "Dimension": [(1, "dim_value", "int64"), (2, "dim_param", "string")],
    "Shape": [(1, "dim", ["Dimension"])],
    "TensorType": [(1, "elem_type", "int32"), (2, "shape", "Shape")],
    "Type": [(1, "tensor_type", "TensorType")],
    "ValueInfo": [(1, "name", "string"), (2, "type", "Type")],
    "Graph": [(1, "node", ["Node"]), (2, "name", "string"), (5, "initializer", ["Tensor"]),
              (11, "input", ["ValueInfo"]), (12, "output", ["ValueInfo"])],
    "OperatorSet": [(1, "domain", "string"), (2, "version", "int64")],
    "Entry": [(1, "key", "string"), (2, "value", "string")],
    "Model": [(1, "ir_version", "int64"), (7, "graph", "Graph"),
              (8, "opset_import", ["OperatorSet"]), (14, "metadata_props", ["Entry"])],
}  # fmt: skip


def _classes() -> dict[str, Any]:
    """A class for each message."""
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{_PACKAGE}.proto", package=_PACKAGE, syntax="proto2"
    )
    for name, fields in _MESSAGES.items():
        described = file.message_type.add(name=name)
        for number, field, kind in fields:
            one = kind[0] if isinstance(kind, list) else kind
            many = isinstance(kind, list)
            added = described.field.add(
                name=field,
                number=number,
                label=kinds.LABEL_REPEATED if many else kinds.LABEL_OPTIONAL,
            )
            if one in _MESSAGES:
                added.type, added.type_name = kinds.TYPE_MESSAGE, f".{_PACKAGE}.{one}"
            else:
                added.type = kinds.Type.Value(f"TYPE_{one.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))
        for name in _MESSAGES
    }


_CLASSES: Final = _classes()
Tensor: Final = _CLASSES["Tensor"]
Model: Final = _CLASSES["Model"]

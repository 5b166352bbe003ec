"""Writes ONNX graphs and reads the tensors of others; for their format, see onnx_message."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from ai_memory.adapters.embedder.onnx_message import Model, Tensor

Array: TypeAlias = npt.NDArray[Any]
Shape: TypeAlias = Sequence[str | int]
"""Sizes, or the names of those that are known when it runs."""

FLOAT: Final = 1
INT32: Final = 6
INT64: Final = 7
_TYPES: Final[dict[np.dtype[Any], int]] = {
    np.dtype(np.float32): FLOAT,
    np.dtype(np.uint8): 2,
    np.dtype(np.int8): 3,
    np.dtype(np.int32): INT32,
    np.dtype(np.int64): INT64,
    np.dtype(np.float16): 10,
}
_KINDS: Final = {number: kind for kind, number in _TYPES.items()}
_FLOAT_ATTRIBUTE, _INT_ATTRIBUTE, _STRING_ATTRIBUTE, _TENSOR_ATTRIBUTE = 1, 2, 3, 4
_IR_VERSION: Final = 9  # of the format


class Graph:
    """Nodes and constants in the making; a value is known by its name."""

    def __init__(self, name: str) -> None:
        self._model = Model(ir_version=_IR_VERSION)
        self._graph = self._model.graph
        self._graph.name = name
        self._shared: dict[tuple[int, ...], str] = {}

    def constant(self, value: Array) -> str:
        """A value that is part of the graph."""
        name = f"constant_{len(self._graph.initializer)}"
        self._graph.initializer.append(_tensor(value, name))
        return name

    def ints(self, *values: int) -> str:
        """A list of integers, which operators take for axes and shapes."""
        if values not in self._shared:
            self._shared[values] = self.constant(np.array(values, np.int64))
        return self._shared[values]

    def nodes(
        self, operator: str, *inputs: str, outputs: int = 1, domain: str = "", **attributes: Any
    ) -> list[str]:
        """Add an operator; its outputs' names.

        An attribute is an int, a float, a string or an array.
        """
        name = f"{operator}_{len(self._graph.node)}"
        names = [f"{name}_{output}" for output in range(outputs)]
        self._add(operator, name, inputs, names, domain, attributes)
        return names

    def node(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Add an operator of one output, and name that."""
        return self.nodes(operator, *inputs, domain=domain, **attributes)[0]

    def serialise(
        self,
        inputs: Mapping[str, tuple[int, Shape]],
        outputs: Mapping[str, tuple[str, int, Shape]],
        operator_sets: Mapping[str, int],
    ) -> bytes:
        """The file's content.

        Args:
            inputs: Element type and shape, by name.
            outputs: The value that is given out, its element type and shape, by name.
            operator_sets: Versions by domain; "" is the standard's.
        """
        for name, (kind, shape) in inputs.items():
            _describe(self._graph.input.add(name=name), kind, shape)
        for name, (value, kind, shape) in outputs.items():
            self._add("Identity", name, (value,), [name], "", {})
            _describe(self._graph.output.add(name=name), kind, shape)
        for domain, version in operator_sets.items():
            self._model.opset_import.add(domain=domain, version=version)
        content: bytes = self._model.SerializeToString()
        return content

    def _add(
        self,
        operator: str,
        name: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        domain: str,
        attributes: Mapping[str, Any],
    ) -> None:
        node = self._graph.node.add(
            op_type=operator, name=name, input=inputs, output=outputs, domain=domain
        )
        for key, value in attributes.items():
            attribute = node.attribute.add(name=key)
            if isinstance(value, int):
                attribute.i, attribute.type = value, _INT_ATTRIBUTE
            elif isinstance(value, float):
                attribute.f, attribute.type = value, _FLOAT_ATTRIBUTE
            elif isinstance(value, str):
                attribute.s, attribute.type = value.encode(), _STRING_ATTRIBUTE
            else:
                attribute.t.CopyFrom(_tensor(value))
                attribute.type = _TENSOR_ATTRIBUTE


def read_tensors(file: Path, *, sha256: str) -> dict[str, Array]:
    """The constants of a graph, by name; those of element types that are used here.

    Args:
        file: An ONNX file.
        sha256: What it must be, in hexadecimal digits.

    Raises:
        ValueError: The file is another, or no ONNX graph.
        OSError: The file cannot be read.
    """
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ValueError("it is not the file it should be")
    model = Model()
    try:
        model.ParseFromString(content)
    except Exception as error:  # the library's own, of no common base
        raise ValueError(f"it is no ONNX graph: {error}") from error
    return {
        tensor.name: np.frombuffer(tensor.raw_data, _KINDS[tensor.data_type]).reshape(tensor.dims)
        for tensor in model.graph.initializer
        if tensor.data_type in _KINDS and tensor.HasField("raw_data")
    }


def _tensor(value: Array, name: str = "") -> Any:
    whole = np.ascontiguousarray(value)
    return Tensor(
        name=name,
        dims=value.shape,
        data_type=_TYPES[whole.dtype],
        raw_data=whole.astype(whole.dtype.newbyteorder("<"), copy=False).tobytes(),
    )


def _describe(value: Any, kind: int, shape: Shape) -> None:
    value.type.tensor_type.elem_type = kind
    for size in shape:
        if isinstance(size, int):
            value.type.tensor_type.shape.dim.add(dim_value=size)
        else:
            value.type.tensor_type.shape.dim.add(dim_param=size)

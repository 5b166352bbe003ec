"""Values of declared types, safe for many threads.

msgspec describes a type to itself when it is first used, piece by piece, and takes a description
that another thread has begun for a whole one: the process dies of it. So the first use of each type
goes through one lock here, and nobody else decodes into a type.
"""

from __future__ import annotations

import threading
from typing import Any, Final, TypeVar

import msgspec

T = TypeVar("T")

_DESCRIBING: Final = threading.RLock()
_described: set[Any] = set()


def json_decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    """A decoder of JSON."""
    with _DESCRIBING:
        decoder = msgspec.json.Decoder(kind)
        _described.add(kind)
    return decoder


def decode_json(data: bytes | bytearray | str | msgspec.Raw, kind: type[T]) -> T:
    """JSON as a value of a type.

    Raises:
        msgspec.DecodeError: It is no JSON, or no such value.
    """
    _describe(kind)
    return msgspec.json.decode(data, type=kind)


def convert(value: Any, kind: type[T], *, strict: bool = True) -> T:
    """Plain values as a value of a type; unless `strict`, text may stand for numbers.

    Raises:
        msgspec.ValidationError: It is no such value.
    """
    _describe(kind)
    return msgspec.convert(value, kind, strict=strict)


def _describe(kind: Any) -> None:
    if kind not in _described:
        json_decoder(kind)

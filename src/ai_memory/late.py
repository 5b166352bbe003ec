"""Late: patterns and decoders that are made when they are first used.

Making one takes about as long as importing a small module, and a call of the command line uses few
of them. Afterwards a method costs what it costs on the thing itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    import msgspec

T = TypeVar("T")


class _Late:
    """Has the attributes of what `make` returns, which is called when the first is wanted."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:
        """Asked once per attribute: what is found is kept. Two threads may both make it."""
        found = getattr(self._make(), name)
        self.__dict__[name] = found
        return found


def pattern(text: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    """A regular expression; `re` keeps what it has compiled."""
    return cast("re.Pattern[str]", _Late(lambda: re.compile(text, flags)))


def bytes_pattern(text: bytes) -> re.Pattern[bytes]:
    """A regular expression over bytes."""
    return cast("re.Pattern[bytes]", _Late(lambda: re.compile(text)))


def json_decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    """A decoder of JSON."""

    def make() -> msgspec.json.Decoder[T]:
        from ai_memory.typed import json_decoder as decoder_of

        return decoder_of(kind)

    return cast("msgspec.json.Decoder[T]", _Late(make))

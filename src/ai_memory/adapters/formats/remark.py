"""What a reader left out, changed or guessed: said in the summary, never in silence."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from ai_memory.adapters.formats import bound

Kind: TypeAlias = Literal["read_as", "left_out", "changed"]


class Remark(msgspec.Struct, kw_only=True):
    """One kind of thing that an import leaves out, changes or had to guess.

    Attributes:
        kind: `read_as` an encoding, `left_out`, or `changed` on the way.
        what: Of one of them: `image`, `cp1252`, `text longer than 64 KiB, split into parts`.
        count: How often. `where`: the first places, each once.
    """

    kind: Kind
    what: str
    count: int = 0
    where: list[str] = []


class Remarks:
    """Counts remarks while a file is read."""

    def __init__(self) -> None:
        self._found: dict[tuple[Kind, str], Remark] = {}

    def left_out(self, what: str, where: str, count: int = 1) -> None:
        """Say that something of the input is in no memory."""
        self._add("left_out", what, where, count)

    def changed(self, what: str, where: str, count: int = 1) -> None:
        """Say that something is not in the memory as it was in the input."""
        self._add("changed", what, where, count)

    def read_as(self, encoding: str, where: str) -> None:
        """Say in which encoding bytes were read that are not plain UTF-8."""
        self._add("read_as", encoding, where, 1)

    def all(self) -> list[Remark]:
        """What was said, in the order it was first said."""
        return list(self._found.values())

    def _add(self, kind: Kind, what: str, where: str, count: int) -> None:
        remark = self._found.get((kind, what))
        if remark is None:
            if len(self._found) >= bound.REMARK_KINDS_MAX:
                what = "other"
            remark = self._found.setdefault((kind, what), Remark(kind=kind, what=what))
        remark.count += count
        if len(remark.where) < bound.REMARK_PLACES_MAX and where not in remark.where:
            remark.where.append(where)

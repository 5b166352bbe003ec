"""Export and import, in records per second, and nothing made of them: no file, no vectors."""

from __future__ import annotations

from contextlib import closing
from itertools import chain
from typing import Any, Final

from ai_memory import limits
from ai_memory.compose import OpenNode
from ai_memory.measure.bench.filling import open_at
from ai_memory.measure.bench.stand import Stand
from ai_memory.operations.export_memories import ExportMemories
from ai_memory.operations.import_memories import ImportMemories

_RECORDS_MAX: Final = 20_000  # of what is kept to be imported


def transfer(stand: Stand, opened: OpenNode, *, seconds: float) -> dict[str, Any]:
    """Export the store, then import what came out into an empty one.

    Args:
        stand: Times it, and has room for the empty store.
        opened: The store.
        seconds: For each of the two; what is begun by then is ended.
    """
    clock = stand.clock
    kept: list[bytes] = []
    records = size = 0
    began = clock.monotonic()
    pieces = opened.node.stream(opened.caller("python"), ExportMemories())
    with closing(pieces):
        for piece in pieces:
            records += piece.count(b"\n")
            size += len(piece)
            if len(kept) * limits.EXPORT_PAGE_ROWS < _RECORDS_MAX:
                kept.append(piece)
            if clock.monotonic() >= began + seconds:
                break
    spent = clock.monotonic() - began
    lines = list(chain.from_iterable(piece.decode().splitlines() for piece in kept))[1:]
    lines = [line for line in lines if not line.startswith('{"kind":"end"')]
    return {
        "export": _pace(records, spent) | {"mb_per_s": round(size / spent / 1e6, 2)},
        "import": _imported(stand, lines, seconds),
    }


def _imported(stand: Stand, lines: list[str], seconds: float) -> dict[str, Any]:
    clock, most = stand.clock, limits.IMPORT_RECORDS_MAX
    done = 0
    with closing(open_at(stand.folder / "imported.db", "keyword", background=False)) as opened:
        caller = opened.caller("python")
        began = clock.monotonic()
        while done < len(lines) and (done == 0 or clock.monotonic() < began + seconds):
            batch = tuple(lines[done : done + most])
            opened.node.execute(caller, ImportMemories(records=batch))
            done += len(batch)
        return _pace(done, clock.monotonic() - began)


def _pace(records: int, seconds: float) -> dict[str, Any]:
    return {"records": records, "per_s": round(records / seconds, 1)}

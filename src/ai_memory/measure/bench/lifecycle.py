"""A memory's way out and back: archive, restore, forget, consolidate, erase."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ai_memory.compose import OpenNode
from ai_memory.measure.bench.duel import Contest
from ai_memory.measure.bench.stand import Stand
from ai_memory.operations.archive_memories import ArchiveMemories
from ai_memory.operations.consolidate_memories import ConsolidateMemories
from ai_memory.operations.erase_memory import EraseMemory
from ai_memory.operations.forget_memories import ForgetMemories
from ai_memory.operations.list_memories import ListMemories
from ai_memory.operations.restore_archived import RestoreArchived
from ai_memory.operations.store_memory import StoreMemory
from ai_memory.operations.undo_consolidation import UndoConsolidation

_IDS: Final = 1_000
_FORGOTTEN: Final = 10  # memories per pattern
_CONSOLIDATED: Final = 4  # memories into one
_FORGETS_MAX: Final = 30
_ERASURES_MAX: Final = 12


def contests(stand: Stand, opened: OpenNode) -> Iterator[Contest]:
    """What takes memories away; it changes the stand, so it comes last."""
    node, caller, bare = opened.node, opened.caller("python"), stand.rows
    ids = [memory.id for memory in node.execute(caller, ListMemories(limit=_IDS)).memories]
    archived: list[str] = []
    bare_ids: list[str] = []

    def archive(turn: int) -> None:
        node.execute(caller, ArchiveMemories(ids=(ids[turn],)))
        archived.append(ids[turn])

    def bare_archive(turn: int) -> None:
        bare.delete(bare_ids[turn], turn)

    rows = [stand.bare(stand.fresh()) for _id in ids]
    bare.insert(rows)
    bare_ids.extend(row.id for row in rows)
    half = max(1, len(ids) // 2)
    yield Contest("archive", archive, bare_archive, turns_max=half)
    yield Contest(
        "archive_restore",
        lambda _turn: node.execute(caller, RestoreArchived(id=archived.pop())),
        None,
        turns_max=len(archived),
    )
    for number in range(_FORGETS_MAX):
        for place in range(_FORGOTTEN):
            title = f"Forgettable{number} {place}"
            node.execute(caller, StoreMemory(title=title, content=stand.fresh().content))
    yield Contest(
        f"forget {_FORGOTTEN} by pattern",
        lambda turn: node.execute(caller, ForgetMemories(pattern=f"Forgettable{turn}")),
        None,
        turns_max=_FORGETS_MAX,
    )
    erasable = ids[half:]
    made: list[str] = []

    def consolidate(turn: int) -> None:
        sources = tuple(erasable[turn * _CONSOLIDATED : (turn + 1) * _CONSOLIDATED])
        command = ConsolidateMemories(ids=sources, title=f"What {turn} came to")
        made.append(node.execute(caller, command).id)

    groups = len(erasable) // _CONSOLIDATED
    yield Contest(f"consolidate {_CONSOLIDATED}", consolidate, None, turns_max=groups)
    yield Contest(
        "consolidate_undo",
        lambda _turn: node.execute(caller, UndoConsolidation(id=made.pop())),
        None,
        turns_max=len(made),
    )
    yield Contest(
        "erase",
        lambda turn: node.execute(caller, EraseMemory(id=erasable[turn])),
        None,
        turns_max=min(_ERASURES_MAX, len(erasable)),
    )

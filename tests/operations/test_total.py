"""How many match is counted only where a page does not show it."""

from __future__ import annotations

import pytest
from tests.support import harness

from ai_memory import limits
from ai_memory.operations.list_archived import ListArchived
from ai_memory.operations.list_memories import ListMemories
from ai_memory.operations.search_memories import SearchMemories
from ai_memory.operations.store_memory import StoreMemory
from ai_memory.operations.total import total_of
from ai_memory.ports import Total

COUNTED = Total(77, is_exact=False)


@pytest.mark.parametrize(
    ("found", "offset", "known"),
    [
        (0, 0, 0),
        (3, 0, 3),
        (5, 0, 5),
        (6, 0, None),  # more behind this page
        (3, 10, 13),
        (0, 10, None),  # beyond the last: how far is not seen
        (3, limits.COUNTED_MAX, None),
    ],
)
def test_a_page_that_ends_with_the_last_tells_the_total(
    found: int, offset: int, known: int | None
) -> None:
    total = total_of(found, offset=offset, limit=5, count=lambda: COUNTED)
    assert total == (COUNTED if known is None else Total(known, is_exact=True))


def test_every_page_tells_the_same_total() -> None:
    with harness() as open_:
        for number in range(7):
            open_.run(StoreMemory(title=f"T{number}", content="walrus", tags=("sea",)))
        for limit in (1, 3, 7, 20):
            for offset in (0, 2, 3, 6, 7, 9):
                for command in (
                    SearchMemories(query="walrus", limit=limit, offset=offset),
                    ListMemories(tags="sea", limit=limit, offset=offset),
                ):
                    assert open_.run(command).total == 7
                gone = ListArchived(since="1970-01-01", limit=limit, offset=offset)
                assert open_.run(gone).total == 0
        cursor = open_.run(ListMemories(tags="sea", limit=5)).next_cursor
        last = open_.run(ListMemories(tags="sea", limit=5, cursor=cursor))
        assert (last.count, last.total) == (2, 7)

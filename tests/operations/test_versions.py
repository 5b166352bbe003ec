"""Versions compared, and brought back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec import UNSET
from tests.support import Harness, harness

from ai_memory.errors import Conflict, NotFound
from ai_memory.operations.delete_memory import DeleteMemory
from ai_memory.operations.diff_versions import DiffVersions
from ai_memory.operations.memory_history import MemoryHistory
from ai_memory.operations.restore_version import RestoreVersion
from ai_memory.operations.search_memories import SearchMemories
from ai_memory.operations.store_memory import StoreMemory
from ai_memory.operations.update_memory import UpdateMemory


@pytest.fixture
def open_() -> Iterator[Harness]:
    with harness() as opened:
        yield opened


def revised(open_: Harness) -> str:
    stored = open_.run(
        StoreMemory(title="T", content="one\ntwo", tags=("a", "b"), metadata={"k": 1, "m": 2})
    )
    open_.clock.advance(60)
    open_.run(UpdateMemory(id=stored.id, content="one\nthree", tags=("b", "c")))
    open_.run(UpdateMemory(id=stored.id, title="U", metadata={"k": 3, "n": 4}))
    return str(stored.id)


def test_the_newest_change_by_default(open_: Harness) -> None:
    diff = open_.run(DiffVersions(id=revised(open_)))
    assert (diff.from_version, diff.to_version, diff.same) == (2, 3, False)
    assert (diff.title.before, diff.title.after) == ("T", "U")
    assert (diff.content, diff.tags_added) == (UNSET, UNSET)
    assert (diff.metadata_before, diff.metadata_after) == ({"k": 1, "m": 2}, {"k": 3, "n": 4})


def test_any_two_also_of_what_was_deleted(open_: Harness) -> None:
    memory_id = revised(open_)
    open_.run(DeleteMemory(id=memory_id))
    diff = open_.run(DiffVersions(id=memory_id, from_version=1, to_version=2))
    assert diff.content[-3:] == [" one", "-two", "+three"]
    assert (diff.tags_added, diff.tags_removed) == (["c"], ["a"])
    assert open_.run(DiffVersions(id=memory_id, from_version=2, to_version=2)).same
    with pytest.raises(NotFound):
        open_.run(DiffVersions(id=memory_id, to_version=9))


def test_a_text_of_very_many_lines_is_shown_whole(open_: Harness) -> None:
    stored = open_.run(StoreMemory(title="T", content="a\n" * 3_000))
    open_.run(UpdateMemory(id=stored.id, content="b"))
    content = open_.run(DiffVersions(id=stored.id)).content
    assert (len(content), content[0], content[-1]) == (3_001, "-a", "+b")


def test_an_older_version_comes_back_as_a_new_one(open_: Harness) -> None:
    memory_id = revised(open_)
    restored = open_.run(RestoreVersion(id=memory_id, version=1))
    assert (restored.title, restored.content, restored.tags) == ("T", "one\ntwo", ("a", "b"))
    assert (restored.version, restored.restored_from) == (4, 1)
    assert restored.metadata == {"k": 1, "m": 2, "agent_id": "test:agent"}
    assert [v.version for v in open_.run(MemoryHistory(id=memory_id)).versions] == [4, 3, 2, 1]
    assert open_.run(SearchMemories(query="two")).total == 1
    assert open_.run(SearchMemories(query="three")).total == 0
    assert open_.run(RestoreVersion(id=memory_id, version=1)).version == 4


def test_its_title_may_be_taken(open_: Harness) -> None:
    memory_id = revised(open_)
    holder = open_.run(StoreMemory(title="T", content="other"))
    with pytest.raises(Conflict) as raised:
        open_.run(RestoreVersion(id=memory_id, version=1))
    assert raised.value.details["existing_id"] == holder.id


def test_an_expired_holder_of_its_title_gives_way(open_: Harness) -> None:
    memory_id = revised(open_)
    open_.run(StoreMemory(title="T", content="other", tier="short"))
    open_.clock.advance(7 * 3_600)
    assert open_.run(RestoreVersion(id=memory_id, version=1)).title == "T"


def test_only_of_a_live_memory(open_: Harness) -> None:
    memory_id = revised(open_)
    open_.run(DeleteMemory(id=memory_id))
    with pytest.raises(NotFound):
        open_.run(RestoreVersion(id=memory_id, version=1))


def test_its_vectors_come_with_it() -> None:
    with harness(semantic=True) as open_:
        open_.run(RestoreVersion(id=revised(open_), version=1))
        with open_.node.store.read() as rows:
            assert (rows.window_count(), rows.count_unembedded()) == (1, 0)

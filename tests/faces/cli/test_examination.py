"""What doctor says of memories that are nobody's and of a graph an older program left."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.faces.cli.shell import Shell
from tests.support import NOON, ManualClock, harness

from ai_memory.faces.cli.examination.graph import examine_belonging, examine_graph
from ai_memory.faces.cli.examination.recall import _examine_language
from ai_memory.faces.cli.examination.section import Section
from ai_memory.faces.cli.progress import Bar
from ai_memory.graph.ring import links_in_rings
from ai_memory.model.clock import SECOND
from ai_memory.model.link import Link
from ai_memory.operations.store_memory import StoreMemory
from ai_memory.ports import Transaction


def link(source: str, target: str, relation: str = "supersedes", lasts: int | None = None) -> Link:
    return Link(
        source_id=source,
        target_id=target,
        relation=relation,
        valid_from=NOON - 60 * SECOND,
        recorded_at=NOON,
        created_at=NOON,
        valid_until=None if lasts is None else NOON - 60 * SECOND + lasts,
    )


def put(one: Link, rows: Transaction) -> None:
    rows.put_link(one)


def test_rings_and_inverted_intervals_are_told_with_the_remedy(tmp_path: Path) -> None:
    with harness(tmp_path / "m.db") as node:
        a, b, c = (node.run(StoreMemory(title=t, content=f"about {t}")).id for t in "abc")
        links = [link(a, b), link(b, c), link(b, a, "related_to", -5), link(c, b, lasts=SECOND)]
        with_ring = [*links, link(c, a)]

        def told(some: list[Link]) -> Section:
            for one in some:
                node.opened.node.store.submit(partial(put, one)).result()
            section = Section(name="Graph", facts=[])
            examine_graph(section, node.opened)
            return section

        before = told(links)
        assert isinstance(before.note, str)
        assert "1 link ends before it begins" in before.note
        assert "ring" not in before.note
        after = told(with_ring[-1:])
        assert isinstance(after.note, str)
        assert "supersede each other in a ring" in after.note
        assert f"{c[:8]} supersedes {a[:8]}" in after.note
        assert "ai-memory kg invalidate" in after.note
        assert after.severity == "warning"


@pytest.mark.parametrize(
    ("text", "told"),
    [("Der Schlüssel zu Raum {} liegt nicht unter der Matte.", True),
     ("The key to room {} is not under the mat.", False)],
)  # fmt: skip
def test_the_model_for_other_languages_is_told_of_where_it_helps(
    tmp_path: Path, text: str, told: bool
) -> None:
    with harness(tmp_path / "m.db") as node:
        for number in range(12):
            node.run(StoreMemory(title=f"R{number}", content=text.format(number)))
        opened = node.opened
        opened.config = opened.config._replace(embedder="minilm", tier="semantic")
        section = Section(name="Recall", facts=[])
        _examine_language(section, opened, opened.caller("cli"))
        assert ("AI_MEMORY_EMBEDDER=e5" in str(section.note)) is told


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=20))
def test_no_ring_no_finding(pairs: list[tuple[int, int]]) -> None:
    onward = [link(str(one), str(other)) for one, other in pairs if one < other]
    assert links_in_rings(onward) == []
    ring = [link("x", "y"), link("y", "z"), link("z", "x")]
    assert links_in_rings([*onward, *ring]) == ring


def test_what_is_in_global_is_told_where_there_are_projects() -> None:
    for namespaces, said in (
        ({"global": 2}, False),
        ({"global": 2, "shop": 1}, True),
        ({"a": 1}, False),
    ):
        section = Section(name="Recall", facts=[])
        examine_belonging(section, namespaces)
        assert isinstance(section.note, str) is said
        assert section.severity == "info"
        if said:
            assert "2 memories are in global" in str(section.note)
            assert "--namespace" in str(section.note)


def test_forgetting_tells_where_they_were(sh: Shell) -> None:
    for place in ("shop", "shop", "home"):
        sh.ok("store", f"about green tea in {place}", "-n", place)
    sh.ok("store", "green tea at the office", "-n", "work")
    assert "1 in work" in sh.ok("forget", "-p", "office").out
    done = sh.ok("forget", "-p", "tea", "--json").json
    assert done["namespaces"] == {"shop": 2, "home": 1}
    sh.ok("store", "more tea", "-n", "shop")
    assert sh.ok("forget", "-n", "shop", "--json").json["namespaces"] == {"shop": 1}


def test_a_long_task_tells_a_log_now_and_then_how_far_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = ManualClock()
    with Bar("importing", 200, unit="B", shown=False, clock=clock) as bar:
        bar.reach(10, imported=1)
        clock.advance(11)
        bar.reach(100, imported=1_000)
        bar.reach(110, imported=1_100)
        clock.advance(11)
        bar.reach(150, imported=1_500)
    err = capsys.readouterr().err
    assert err.splitlines() == ["importing: 50%, 1,000 imported", "importing: 75%, 1,500 imported"]

"""What a type checker says of programs that use the Python API."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from mypy import api as mypy

ROOT: Final = Path(__file__).parents[1]
CACHE: Final = ".mypy_cache"

PROGRAM: Final = """\
from ai_memory import open_node

def use() -> None:
    with open_node("a.db", "keyword") as node:
        stored = node.store("Tea", content="Green.", tags=["drink"], expires_at=None)
        title: str = stored.title
        same = stored["id"] == node.store_memory(title="Water", content="Cold.").id
        scores: list[float] = [memory.score for memory in node.recall(context="tea").memories]
        print(title, same, scores, node.import_memories(memories=[]).imported)

async def use_async() -> None:
    async with open_node("a.db", "keyword") as node:
        total: int = (await node.list(limit=1, tier="long")).total
        print(total)
"""
MISTAKES: Final = {
    'node.store(title="t")': "call-arg",
    'node.store(title="t", content="c", tittle="x")': "call-arg",
    'node.store(title=1, content="c")': "arg-type",
    'node.store(title="t", content="c", tags="x")': "arg-type",
    'node.list(tier="longest")': "arg-type",
    'node.list(limit="3")': "arg-type",
    "node.nonsense()": "attr-defined",
    "node.list().memorys": "attr-defined",
    "node.get(id=None)": "arg-type",
    "number: int = node.stats().by_tier": "assignment",
}


@pytest.mark.slow
def test_the_python_api_is_typed(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text(PROGRAM)
    head = 'from ai_memory import open_node\nnode = open_node("a.db").open()\n'
    bad.write_text(head + "".join(f"{line}\n" for line in MISTAKES))
    # The cache of `make check` serves here too; without it this takes half a minute.
    found, complaint, _code = mypy.run(
        [
            *("--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(ROOT / CACHE)),
            *("--no-error-summary", "--hide-error-context", str(good), str(bad)),
        ]
    )
    assert complaint == ""
    lines = [line for line in found.splitlines() if ": error: " in line]
    assert not [line for line in lines if "good.py" in line], found
    told = {int(line.split(":")[1]): line.rpartition("[")[2].rstrip("]") for line in lines}
    expected = dict(enumerate(MISTAKES.values(), start=3))
    assert told == expected, found

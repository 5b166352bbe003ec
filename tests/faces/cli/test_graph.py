"""`ai-memory graph`: a tree in the terminal, SVG and DOT in a file."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tests.faces.cli.shell import Shell


@pytest.fixture
def ids(sh: Shell) -> dict[str, str]:
    made = {}
    for title in ("now", "before", "source", "aside"):
        out = sh.ok("--json", "store", "-T", title, "-c", title, "-n", "team").out
        made[title] = json.loads(out)["id"]
    sh.ok("link", made["now"], made["before"], "-r", "supersedes")
    sh.ok("link", made["before"], made["source"], "-r", "derived_from")
    sh.ok("link", made["aside"], made["now"])
    sh.ok("link", made["aside"], made["source"], "-r", "contradicts")
    sh.ok("kg-invalidate", made["aside"], made["source"], "--relation", "contradicts")
    return made


def test_a_tree_shows_what_is_linked_and_which_way(sh: Shell, ids: dict[str, str]) -> None:
    lines = sh.ok("graph", ids["now"][:8]).out.splitlines()
    assert lines[0].startswith("now [")
    assert "├─supersedes→ before [" in lines[1]
    assert "│  └─derived_from→ source [" in lines[2]
    assert "└←related_to─ aside [" in lines[3]
    assert len(lines) == 4
    assert "contradicts" in sh.ok("graph", ids["aside"], "--include-invalidated").out


def test_a_file_is_drawn_in_the_format_its_name_tells(
    sh: Shell, ids: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "graph.svg"
    sh.ok("graph", ids["aside"], "--include-invalidated", "--output", str(path))
    text = path.read_text()
    assert ET.fromstring(text).tag.endswith("svg")
    assert text.count("(ended)") == 1
    dot = sh.ok("graph", ids["aside"], "--max-depth", "3", "--format", "dot").out
    assert dot.startswith("digraph")
    assert dot.count(" -> ") == 3
    assert ids["source"] in dot


def test_a_format_nobody_draws_and_a_memory_nobody_has(sh: Shell, ids: dict[str, str]) -> None:
    assert sh("graph", ids["now"], "--format", "png").code == 2
    assert sh("graph", "nobody").code == 1
    assert sh("graph", ids["now"], "--output", "/nowhere/at/all.svg").code == 1

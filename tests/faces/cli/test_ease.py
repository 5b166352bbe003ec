"""What a person types first: a text and nothing else, a path with a slip in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.faces.cli.shell import Node, Shell


@pytest.mark.parametrize("where", ["file", "node"])
def test_a_text_alone_is_stored(
    sh: Shell, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    if where == "node":
        node: Node = request.getfixturevalue("node")
        monkeypatch.setenv("AI_MEMORY_URL", node.url)
        monkeypatch.setenv("AI_MEMORY_API_KEY", str(node.key))
    text = "Ada drinks her coffee black."
    first = sh.ok("store", text, "--json").json
    assert (first["title"], first["content"]) == (text, text)
    words = sh.ok("store", "several", "words", "-t", "long", "--json").json
    assert (words["content"], words["tier"]) == ("several words", "long")
    again = sh.ok("store", text + " Always.", "--json").json
    assert again["id"] != first["id"]
    piped = sh.ok("store", "-", "--json", stdin=b"# Rules\n\nOne, two.\n").json
    assert (piped["title"], piped["content"]) == ("Rules", "# Rules\n\nOne, two.")


def test_a_text_is_given_once(sh: Shell) -> None:
    refused = sh("store", "-T", "My", "title", "-c", "x")
    assert refused.code == 2
    assert "unexpected argument 'title'" in refused.err


def test_a_mistyped_path_makes_no_folders(sh: Shell, tmp_path: Path) -> None:
    wrong = tmp_path / "no" / "where" / "memory.db"
    refused = sh("list", "--db", str(wrong))
    assert refused.code == 1
    assert f"there is no folder {wrong.parent.parent}" in refused.err
    assert f"{tmp_path} is there" in refused.err
    assert not (tmp_path / "no").exists()
    sh.ok("list", "--db", str(tmp_path / "new" / "memory.db"))  # one folder is no mistake
    assert (tmp_path / "new" / "memory.db").exists()
    folder = sh("list", "--db", str(tmp_path))
    assert folder.code == 1
    assert "is a folder, not a database file" in folder.err


def test_a_time_may_be_told_from_now_with_a_dash_before_it(sh: Shell, node: Node) -> None:
    for place in ([], ["--url", node.url, "--api-key", str(node.key)]):
        sh.ok("store", "about tea", "--expires-at", "7d", *place)
        for bound in (
            ["--since", "-7d"],
            ["--since=-2h"],
            ["--since", "today"],
            ["--until", "now"],
        ):
            assert "about tea" in sh.ok("list", *bound, *place).out
        assert "about tea" not in sh.ok("list", "--until", "-1 hour", *place).out
        assert "unknown option '-7d'" in sh("list", "-7d", *place).err

"""The folder one stands in says whose memory it is, with a file and with a node elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.faces.cli.shell import Node, Shell

import ai_memory
from ai_memory.errors import ConfigInvalid

Enter = Callable[[str], Path]


@pytest.fixture
def enter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Enter:
    """Makes a folder and goes there."""

    def go(name: str) -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        monkeypatch.chdir(folder)
        return folder

    return go


@pytest.fixture(params=["file", "node"])
def either(request: pytest.FixtureRequest, sh: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Calls go to a file, or to a node that stands in another folder."""
    if request.param == "node":
        node: Node = request.getfixturevalue("node")
        monkeypatch.setenv("AI_MEMORY_URL", node.url)
        monkeypatch.setenv("AI_MEMORY_API_KEY", str(node.key))
    return sh


def test_two_projects_keep_apart(either: Shell, enter: Enter, tmp_path: Path) -> None:
    enter("blog")
    either.store("Engine", "We use PostgreSQL 16 for the database.")
    enter("büro")
    either.store("Engine", "The database is MySQL.")
    found = either.ok("recall", "which database do we use?", "--json").json["memories"]
    assert [(one["namespace"], one["origin"]) for one in found] == [
        ("büro", "own"), ("blog", "elsewhere"),
    ]  # fmt: skip
    shown = either.ok("recall", "which database do we use?").out
    assert "(ns=blog, another project, " in shown
    assert "from büro" in either.ok("boot").out
    assert "PostgreSQL" in either.ok("boot", "--cwd", str(tmp_path / "blog")).out
    assert "PostgreSQL" not in either.ok("session-start").out
    assert either.ok("check-duplicate", "-T", "x", "-c", "The database is MySQL.", "--json").json[
        "nearest"
    ]["namespace"] == "büro"  # fmt: skip


def test_without_a_project_it_is_global(
    either: Shell, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = enter("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    either.store("Nobody's", "Some text of nobody.")
    found = either.ok("recall", "text of nobody", "--json").json["memories"][0]
    assert found["namespace"] == "global"
    assert "origin" not in found
    assert "nobody" in either.ok("boot").out


def test_what_python_stores_is_what_boot_reads(sh: Shell, enter: Enter, tmp_path: Path) -> None:
    enter("shop")
    with ai_memory.open_node(tmp_path / "memory.db", "keyword") as node:
        assert node.store(title="Deploys", content="On Thursdays.").namespace == "shop"
        assert node.recall(context="deploys").memories[0].origin == "own"
    with ai_memory.open_node(tmp_path / "memory.db", "keyword", namespace="blog") as node:
        assert node.store(title="Deploys", content="On Mondays.").namespace == "blog"
    assert "Thursdays" in sh.ok("boot").out


def test_a_setting_outweighs_the_folder(
    sh: Shell, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter("shop")
    monkeypatch.setenv("AI_MEMORY_NAMESPACE", " team/lamp ")
    assert sh.ok("store", "-T", "One", "-c", "x", "--json").json["namespace"] == "team/lamp"
    assert "from team/lamp" in sh.ok("boot").out
    monkeypatch.setenv("AI_MEMORY_NAMESPACE", "two words")
    refused = sh("store", "-T", "Two", "-c", "x")
    assert refused.code == 2
    assert "namespace (env AI_MEMORY_NAMESPACE) is no namespace" in refused.err
    with pytest.raises(ConfigInvalid), ai_memory.open_node(level="keyword"):
        pass


def test_a_folder_that_is_gone_is_no_project(sh: Shell, enter: Enter) -> None:
    enter("gone").rmdir()
    assert sh.ok("store", "-T", "One", "-c", "x", "--json").json["namespace"] == "global"

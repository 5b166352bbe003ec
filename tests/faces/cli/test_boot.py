from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.faces.cli.shell import Shell


@pytest.fixture
def told(sh: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Words that name a store with three memories of a project, and the folder we stand in."""
    monkeypatch.chdir(tmp_path)
    db = ["--db", str(tmp_path / "boot.db")]
    for title, priority in (("House rules", 9), ("Stack", 7), ("Snack", 1)):
        sh.ok("store", "-T", title, "-c", f"About {title}.", "-n", "shop", "-p", str(priority), *db)
    return db


def test_the_most_important_come_first(sh: Shell, told: list[str]) -> None:
    text = sh.ok("boot", "-n", "shop", "--limit", "2", *told).out
    header, *lines = text.splitlines()
    assert header.startswith("# ai-memory ")
    assert "2 memories to begin with, from shop" in header
    assert [line.split("] ")[1] for line in lines[::2]] == ["House rules", "Stack"]
    assert lines[1] == "  About House rules."


def test_json_toon_and_no_header(sh: Shell, told: list[str]) -> None:
    answer = sh.ok("boot", "-n", "shop", "--json", *told).json
    assert (answer["status"], answer["count"]) == ("ok", 3)
    bare = sh.ok("boot", "-n", "shop", "--json", "--no-header", *told).json
    assert "status" not in bare
    table = sh.ok("boot", "-n", "shop", "--format", "toon-compact", "--no-header", *told).out
    assert table.splitlines()[1].startswith("memories[id|title|")
    assert "About Stack." in table


def test_a_budget_is_kept(sh: Shell, told: list[str]) -> None:
    answer = sh.ok("boot", "-n", "shop", "--budget-tokens", "5", "--json", *told).json
    assert answer["count"] == 1
    assert answer["memories_dropped"] == 2


def test_the_folder_names_the_project(sh: Shell, told: list[str], tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    assert "from shop" in sh.ok("boot", "--cwd", str(tmp_path / "shop"), *told).out


def test_who_keeps_another_language_hears_of_the_model_that_reads_it(
    sh: Shell, told: list[str]
) -> None:
    for number in range(12):
        text = f"Der Schlüssel zu Raum {number} liegt nicht mehr unter der Matte."
        sh.ok("store", "-T", f"Raum {number}", "-c", text, "-n", "haus", *told)
    semantic = ["--limit", "20", "--level", "semantic", "--embedder", "minilm", *told]
    outcome = sh.ok("boot", "-n", "haus", *semantic)
    assert "AI_MEMORY_EMBEDDER=e5" in outcome.err
    assert "AI_MEMORY_EMBEDDER=e5" not in outcome.out
    assert "EMBEDDER" not in sh.ok("boot", "-n", "shop", *semantic).err
    assert "EMBEDDER" not in sh.ok("boot", "-n", "haus", "--quiet", *semantic).err
    assert "EMBEDDER" not in sh.ok("boot", "-n", "haus", *semantic[:-4], *told).err


def test_nothing_yet_makes_no_file(sh: Shell, tmp_path: Path) -> None:
    db = tmp_path / "none.db"
    outcome = sh.ok("boot", "-n", "shop", "--db", str(db))
    assert "nothing is remembered in shop yet" in outcome.out
    assert not db.exists()


def test_a_broken_store_does_not_keep_a_session_from_starting(sh: Shell, tmp_path: Path) -> None:
    db = tmp_path / "broken.db"
    db.write_bytes(b"no database at all, but long enough to be looked at as one" * 40)
    outcome = sh.ok("boot", "-n", "shop", "--db", str(db))
    assert "not available (" in outcome.out
    assert "ai-memory boot:" in outcome.err
    assert sh.ok("boot", "-n", "shop", "--db", str(db), "--quiet").err == ""
    assert json.loads(sh.ok("boot", "--json", "--db", str(db)).out)["status"] == "warn"

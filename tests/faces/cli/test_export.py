"""Export to a file and back, here and on a node."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.adapters.formats.test_reference_database import build
from tests.faces.cli.shell import Node, Shell

from ai_memory.faces.cli import import_file


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def fill(sh: Shell) -> str:
    first = sh.store("Tea", "Ada drinks 茶.", "-n", "export/one")
    second = sh.store("Coffee", "Black.", "-n", "export/one", "--tags", "a,b")
    sh.ok("update", first, "-c", "Ada drinks 茶 at noon.")
    sh.ok("link", second, first, "--relation", "supersedes")
    sh.ok("delete", sh.store("Milk", "None.", "-n", "export/one"))
    return first


def refused(sh: Shell, *words: str, stdin: bytes | None = None) -> str:
    outcome = sh(*words, stdin=stdin)
    assert outcome.code != 0
    return outcome.err


def test_there_and_back(sh: Shell, tmp_path: Path) -> None:
    fill(sh)
    there, back, empty = tmp_path / "there.jsonl", tmp_path / "back.jsonl", tmp_path / "empty.db"
    assert sh.ok("export", str(there)).out.startswith("exported 7 lines")
    done = sh.ok("import", str(there), "--db", str(empty))
    assert done.out == "imported 4, linked 1, skipped 0 (already there), problems 0\n"
    again = sh.ok("import", str(there), "--db", str(empty), "--json").json
    assert (again["imported"], again["skipped"], again["problems_count"]) == (0, 5, 0)
    summary = sh.ok("export", str(back), "--db", str(empty), "--json").json
    assert summary == {
        "file": str(back),
        "format": "ai-memory",
        "bytes": back.stat().st_size,
        "lines": 7,
    }
    assert lines_of(back)[1:] == lines_of(there)[1:]
    assert not list(tmp_path.glob("*.part"))


def test_to_stdout_through_a_pipe(sh: Shell, tmp_path: Path) -> None:
    fill(sh)
    text = sh.ok("export").out
    assert json.loads(text.splitlines()[0])["format"] == "ai-memory"
    done = sh.ok("import", "-", "--db", str(tmp_path / "b.db"), stdin=text.encode())
    assert done.out.startswith("imported 4")
    document = json.loads(sh.ok("export", "--format", "reference").out)
    assert document["count"] == 2


def test_an_interrupted_import_is_resumed(
    sh: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_file, "LINE_BATCH_RECORDS", 2)
    fill(sh)
    whole, part, db = tmp_path / "a.jsonl", tmp_path / "part.jsonl", str(tmp_path / "b.db")
    sh.ok("export", str(whole))
    text = whole.read_text(encoding="utf-8").splitlines(keepends=True)
    part.write_text("".join(text[:4])[:-40], encoding="utf-8")
    outcome = sh.ok("import", str(part), "--db", db)
    assert "checksum" in outcome.err or "not a record" in outcome.err
    assert "cut off: 3 records" in outcome.err
    assert outcome.out == "imported 2, skipped 0 (already there), problems 2\n"
    assert sh.ok("import", str(whole), "--db", db).out.startswith("imported 2, linked 1, skipped 2")
    part.write_text("".join(text[:2] + text[3:]), encoding="utf-8")
    assert "not whole: 4 of 5" in sh.ok("import", str(part), "--db", db).err


def test_restamp(sh: Shell, tmp_path: Path) -> None:
    first = fill(sh)
    file, db = str(tmp_path / "a.jsonl"), str(tmp_path / "b.db")
    sh.ok("export", file)
    sh.ok("import", file, "--db", db, "--restamp", "--agent-id", "new:owner")
    metadata = sh.ok("get", first, "--db", db, "--json").json["metadata"]
    assert metadata["agent_id"] == "new:owner"
    assert metadata["imported_from_agent_id"].startswith("host:")


def test_what_would_be_wrong_is_refused(sh: Shell, tmp_path: Path) -> None:
    fill(sh)
    file = tmp_path / "a.jsonl"
    sh.ok("export", str(file))
    before = file.read_bytes()
    assert "exists" in refused(sh, "export", str(file))
    assert file.read_bytes() == before
    sh.ok("export", str(file), "--force")
    assert "No such file" in refused(sh, "export", str(tmp_path / "no" / "a"))
    assert "--namespace" in refused(sh, "import", str(file), "-n", "elsewhere")
    memories = b'{"title": "t", "content": "c"}\n'
    assert "--restamp" in refused(sh, "import", "-", "--restamp", stdin=memories)
    assert "format" in refused(sh, "export", "--format", "tar")
    newer = before.replace(b'"version":1', b'"version":2', 1)
    assert "newer ai-memory" in refused(sh, "import", "-", stdin=newer)


def test_from_and_to_a_node(
    sh: Shell, node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sh)
    here, there = tmp_path / "here.jsonl", tmp_path / "there.jsonl"
    sh.ok("export", str(here), "--vectors")
    monkeypatch.setenv("AI_MEMORY_API_KEY", str(node.key))
    assert sh.ok("import", str(here), "--url", node.url).out.startswith("imported 4, linked 1")
    sh.ok("export", str(there), "--url", node.url)
    # The node holds what other tests stored too; ours is there, line by line.
    assert set(lines_of(here)[1:-1]) <= set(lines_of(there))


def test_moving_from_the_reference_is_one_command(sh: Shell, tmp_path: Path) -> None:
    build(tmp_path / "old.db")
    outcome = sh.ok("import", str(tmp_path / "old.db"))
    assert outcome.out == "imported 5, linked 2, skipped 0 (already there), problems 1\n"
    assert "Black." in sh.ok("get", "m2").out
    assert sh.ok("import", str(tmp_path / "old.db"), "--json").json["skipped"] == 7

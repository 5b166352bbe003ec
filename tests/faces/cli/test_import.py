"""Importing files: all of it, once, whatever a line holds."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import pytest
from tests.faces.cli.shell import SECS, Shell, command, process

from ai_memory.faces.cli import import_file

DATA: Final = Path(__file__).parents[2] / "data"


def lines(records: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def test_a_file_of_memories(sh: Shell, tmp_path: Path) -> None:
    file = tmp_path / "memories.jsonl"
    file.write_bytes(lines({"title": f"T{at}", "content": "x"} for at in range(3)))
    outcome = sh.ok("import", str(file))
    assert outcome.out == "imported 3, skipped 0 (already there), problems 0\n"
    assert outcome.err == ""
    assert sh.ok("list", "-n", "lighthouse", "--json").json["total"] == 3
    again = sh.ok("import", str(file))
    assert again.out == "imported 0, skipped 3 (already there), problems 0\n"


def test_a_bad_line_never_loses_the_rest(sh: Shell) -> None:
    data = lines([{"title": "A", "content": "x"}]) + b"{broken\n\xff\xfe\n"
    data += lines([{"title": "B"}, {"title": "C", "content": "x", "priority": 99}])
    data += lines([{"title": "D", "content": "x"}])
    outcome = sh.ok("import", "-", "--format", "jsonl", stdin=data)
    assert outcome.out == (
        "imported 2, skipped 0 (already there), problems 4\nread as cp1252: the input\n"
    )
    assert [line.partition(":")[0] for line in outcome.err.splitlines()] == [
        "line 2", "line 3", "line 4", "line 5",
    ]  # fmt: skip
    result = sh.ok("import", "-", "--format", "jsonl", "--json", stdin=data).json
    assert (result["imported"], result["skipped"], result["total"]) == (0, 2, 6)
    assert [problem["line"] for problem in result["problems"]] == [2, 3, 4, 5]
    assert result["problems_count"] == 4


def test_nothing_but_problems_is_a_failure(sh: Shell) -> None:
    outcome = sh("import", "-", "--format", "jsonl", stdin=b"{broken\n")
    assert outcome.code == 1
    assert outcome.out == "imported 0, skipped 0 (already there), problems 1\n"


def test_an_empty_file_is_no_failure(sh: Shell) -> None:
    assert sh.ok("import", stdin=b"").out.startswith("imported 0,")


def test_many_problems_are_shown_in_part(sh: Shell) -> None:
    outcome = sh("import", "-", "--format", "jsonl", stdin=b"{}\n" * 30)
    assert len(outcome.err.splitlines()) == 21
    assert outcome.err.endswith("… and 10 more problems\n")


@pytest.mark.parametrize(
    ("name", "format_"),
    [
        ("memories.jsonl", "jsonl"), ("export.json", "jsonl"), ("claude.json", "claude"),
        ("chatgpt.json", "chatgpt"), ("dialogue.json", "locomo"), ("xquad.json", "xquad"),
        ("beir", "beir"), ("cranfield", "trec"),
    ],
)  # fmt: skip
def test_every_format_is_told_by_its_content(sh: Shell, name: str, format_: str) -> None:
    first = sh.ok("import", str(DATA / name), "--json").json
    assert first["format"] == format_
    assert first["imported"] > 0
    again = sh.ok("import", str(DATA / name), "--json").json
    assert (again["imported"], again["skipped"]) == (0, first["imported"])


def test_ids_instants_and_the_given_place_are_kept(sh: Shell) -> None:
    record = {
        "id": "note-1", "title": "T", "content": "x", "namespace": "theirs",
        "created_at": "2020-01-02T03:04:05Z", "tags": ["a"], "priority": 8,
    }  # fmt: skip
    sh.ok("import", "-", stdin=lines([record]))
    memory = sh.ok("get", "note-1", "--json").json
    assert memory["namespace"] == "theirs"
    assert memory["created_at"] == "2020-01-02T03:04:05+00:00"
    assert (memory["tags"], memory["priority"], memory["source"]) == (["a"], 8, "import")
    sh.ok("import", "-", "-n", "ours", "--retention", "long", stdin=lines([{**record, "id": "2"}]))
    memory = sh.ok("get", "2", "--json").json
    assert (memory["namespace"], memory["tier"]) == ("ours", "long")
    assert "expires_at" not in memory


def test_a_conversation_that_grew_is_updated(sh: Shell) -> None:
    record = {"id": "note-1", "title": "T", "content": "x", "created_at": "2020-01-02T03:04:05Z"}
    sh.ok("import", "-", stdin=lines([record]))
    grown = {**record, "content": "x and more", "updated_at": "2021-01-01T00:00:00Z"}
    outcome = sh.ok("import", "-", stdin=lines([grown]))
    assert outcome.out == "imported 0, updated 1, skipped 0 (already there), problems 0\n"
    assert sh.ok("history", "note-1", "--json").json["total"] == 2


def test_records_go_in_batches_by_number_and_by_size(
    sh: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_file, "BATCH_RECORDS", 4)
    monkeypatch.setattr(import_file, "BATCH_BYTES", 1_000)
    records = [{"title": f"T{at}", "content": "x" * (at * 100)} for at in range(1, 20)]
    assert sh.ok("import", "-", "--json", stdin=lines(records)).json["imported"] == 19


def test_what_the_node_refuses_is_a_problem_of_its_line(
    sh: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_file, "BATCH_RECORDS", 2)
    records = [{"title": f"T{at}", "content": "x", "priority": 5} for at in range(5)]
    records[3]["priority"] = 0
    result = sh.ok("import", "-", "--json", stdin=lines(records)).json
    assert result["imported"] == 4
    assert [problem["line"] for problem in result["problems"]] == [4]
    assert "priority" in result["problems"][0]["message"]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("/no/such/file",), "cannot read /no/such/file"),
        ((), "FILE is required"),
        (("-",), "stdin is closed"),
        (("-", "--format", "word"), "word is no known format"),
        (("-", "--unit", "word"), "word is no unit"),
        (("-", "--retention", "ever"), "--retention 'ever' is no tier"),
        (("-", "-n", "a b"), "namespace is not a valid path"),
    ],
)
def test_what_cannot_be_imported_is_said_before_anything_is_opened(
    sh: Shell, tmp_path: Path, words: tuple[str, ...], error: str
) -> None:
    stdin = b"" if len(words) > 1 else None
    outcome = sh("import", *words, stdin=stdin)
    assert outcome.code == 2
    assert outcome.err.startswith(f"error: {error}")
    assert not (tmp_path / "memory.db").exists()


def test_a_bar_is_shown_when_asked_and_to_nobody_else(sh: Shell, tmp_path: Path) -> None:
    file = tmp_path / "memories.jsonl"
    file.write_bytes(lines({"title": f"T{at}", "content": "x"} for at in range(3)))
    assert "importing" in sh.ok("import", str(file), "--progress").err
    assert sh.ok("import", str(file), "--progress", "--quiet").err == ""
    assert sh.ok("import", str(file)).err == ""


def test_a_pipe_of_conversations_at_the_semantic_level() -> None:
    outcome = process(
        "import", "--tier", "semantic", "--json", stdin=(DATA / "dialogue.json").read_bytes()
    )
    assert outcome.json["imported"] == 8
    assert process("stats", "--json").json["unembedded"] == 0


def test_links_come_after_the_memories_they_join(sh: Shell, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "new.md").write_text(
        "# New\n\nText.\n\n## Relations\n- supersedes [[Old]]\n- see [[Nowhere]]\n"
    )
    (notes / "Old.md").write_text("Older text.")
    first = sh.ok("import", str(notes), "--json").json
    assert (first["imported"], first["linked"], first["problems_count"]) == (2, 1, 1)
    assert "link to 'Nowhere'" in first["problems"][0]["message"]
    again = sh.ok("import", str(notes), "--json").json
    assert (again["imported"], again["skipped"], again["linked"]) == (0, 2, 1)
    ident = sh.ok("list", "--json").json["memories"]
    new = next(memory["id"] for memory in ident if memory["title"] == "New")
    links = sh.ok("get", new, "--json").json["links"]
    assert [link["relation"] for link in links] == ["supersedes"]


def test_the_summary_names_what_is_not_there(sh: Shell, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "a.md").write_bytes("---\ntitle: Café\n---\nDéjà vu ![[pic.png]]\n".encode("cp1252"))
    (notes / "b.md").write_text("---\ntitle: Café\n---\nAnother text.\n")
    (notes / "c.md").write_text("---\ntitle: Foo: bar\n---\nText.\n")
    (notes / "d.png").write_bytes(b"\x89PNG")
    outcome = sh.ok("import", str(notes))
    assert outcome.out == (
        "imported 3, skipped 0 (already there), problems 0\n"
        "renamed 1 whose title another memory has: 'Café (2)'\n"
        "left out: 1 × file: d.png\n"
        "read as cp1252: a.md\n"
        "changed: 1 × front matter that is no YAML "
        "(line 2: mapping values are not allowed in this context), read line by line: c.md\n"
        "left out: 1 × file shown in a note, which is not there: pic.png (a.md)\n"
    )
    found = sh.ok("import", str(notes), "--json").json
    assert (found["imported"], found["skipped"], found["format"]) == (0, 3, "markdown")
    assert {"kind": "read_as", "what": "cp1252", "count": 1, "where": ["a.md"]} in found["remarks"]


def test_what_was_changed_or_deleted_here_is_not_called_there(sh: Shell) -> None:
    first, second = ({"id": name, "title": name, "content": name} for name in ("one", "two"))
    made = {"created_at": "2020-01-01T00:00:00Z"}
    sh.ok("import", "-", stdin=lines([{**first, **made}, {**second, **made}]))
    sh.ok("update", "one", "-c", "changed here")
    sh.ok("delete", "two")
    outcome = sh.ok("import", "-", stdin=lines([{**first, **made}, {**second, **made}]))
    assert outcome.out == (
        "imported 0, skipped 0 (already there), problems 0\n"
        "kept 1 as they are here: their text here is another, and no older\n"
        "left away 1 that were deleted here (`ai-memory archive list`)\n"
    )


def test_a_plain_text_file_is_one_memory(sh: Shell, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Ada likes tea.\n\n    indented\n", encoding="utf-8")
    assert sh.ok("import", str(tmp_path / "notes.txt"), "--json").json["format"] == "text"
    (memory,) = sh.ok("list", "--json").json["memories"]
    assert (memory["title"], memory["tier"]) == ("notes", "long")
    assert sh.ok("get", memory["id"], "--json").json["content"] == "Ada likes tea.\n\n    indented"


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for a child there")
def test_an_interrupt_keeps_what_is_done_and_says_how_to_go_on() -> None:
    """The input is a pipe that stays open: the import waits in the middle of its file."""
    some = [{"id": f"m{at}", "title": f"T{at}", "content": "x"} for at in range(250)]
    with subprocess.Popen(
        command("import", "-", "--format", "jsonl"), stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as importing:
        assert importing.stdin is not None
        importing.stdin.write(lines(some) + b"\n" * 70_000)
        importing.stdin.flush()
        deadline = time.monotonic() + SECS
        while time.monotonic() < deadline:  # each asks the store: that is what is waited for
            if process("stats", "--json").json.get("total") == 200:
                break
        importing.send_signal(signal.SIGINT)
        said = importing.communicate(timeout=SECS)[1].decode()
        assert importing.returncode == 130
    assert "200 were imported and stay; the same command again imports the rest" in said
    again = process("import", "-", "--json", stdin=lines(some)).json
    assert (again["imported"], again["skipped"]) == (50, 200)

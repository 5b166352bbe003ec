"""Memories as notes, and back."""

from __future__ import annotations

from pathlib import Path

from tests.faces.cli.shell import Shell


def test_notes_are_readable_and_come_back(sh: Shell, tmp_path: Path) -> None:
    tea = sh.store(
        'Tea: "green" | [x] #1', "Ada drinks 茶.\n\n## Relations\n\nto tea", "-n", "life/daily",
        "--tags", "a,b c", "-p", "8", "--tier", "long",
    )  # fmt: skip
    milk = sh.store("Milk", "White.", "-n", "life", "--tier", "long")
    twin = sh.store("MILK", "Shouted.", "-n", "life", "--tier", "long")
    sh.store("con", "A device.", "-n", "..x/nul", "--tier", "long")
    sh.ok("link", milk, tea, "--relation", "supersedes")
    sh.ok("link", milk, twin)
    sh.ok("delete", sh.store("Gone", "Archived.", "-n", "life"))
    folder, db = tmp_path / "notes", str(tmp_path / "back.db")
    done = sh.ok("export", "--format", "markdown", str(folder))
    assert done.out == f"wrote 4 notes with 2 relations to {folder}\n"
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.md"))
    assert "x/_nul/_con.md" in names
    assert "life/Milk.md" in names or "life/MILK.md" in names
    assert len({name.casefold() for name in names}) == 4
    note = next(path for path in folder.rglob("*.md") if "White." in path.read_text("utf-8"))
    text = note.read_text(encoding="utf-8")
    assert 'title: "Milk"' in text
    assert '- supersedes [[Tea: "green" x 1]]' in text
    back = sh.ok("import", str(folder), "--db", db)
    assert back.out == "imported 4, linked 2, skipped 0 (already there), problems 0\n"
    for memory_id in (tea, milk, twin):
        here = sh.ok("get", memory_id, "--json").json
        there = sh.ok("get", memory_id, "--db", db, "--json").json
        for key in ("title", "content", "namespace", "tier", "tags", "priority", "confidence",
                    "created_at", "updated_at"):  # fmt: skip
            assert there[key] == here[key], key
    links = sh.ok("get-links", milk, "--db", db, "--json").json["links"]
    assert sorted(link["relation"] for link in links) == ["related_to", "supersedes"]


def test_a_folder_with_something_in_it_stays_as_it_is(sh: Shell, tmp_path: Path) -> None:
    sh.store("Tea", "Green.")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.md").write_text("mine", encoding="utf-8")
    for words in ((str(tmp_path / "notes"),), ()):
        outcome = sh("export", "--format", "markdown", *words)
        assert outcome.code != 0
    assert [path.name for path in (tmp_path / "notes").iterdir()] == ["mine.md"]
    empty = tmp_path / "empty"
    empty.mkdir()
    assert sh.ok("export", "--format", "markdown", str(empty), "--json").json["notes"] == 1
    assert not list(tmp_path.glob("*.part"))

"""Folders and ZIP archives: what belongs together is read together, and safely."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from ai_memory.adapters.formats import (
    ImportLink,
    ImportProblem,
    ImportRecord,
    RecordStream,
    bound,
    open_records,
)
from ai_memory.errors import ValidationFailed

CHAT = json.dumps(
    [{"uuid": "c", "name": "Talk", "chat_messages": [{"sender": "human", "text": "Hello."}]}]
)
PROJECT = json.dumps(
    [
        {
            "uuid": "p",
            "name": "Shop",
            "description": "Tiles.",
            "prompt_template": "Be brief.",
            "docs": [{"uuid": "d", "filename": "style.md", "content": "  British English.\n"}],
        }
    ]
)
KEPT = json.dumps(
    [{"conversations_memory": "Ada sells tiles.", "project_memories": {"p": "Blue."}}]
)


def archive(files: Mapping[str, str | bytes]) -> io.BytesIO:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    data.seek(0)
    return data


def unpack(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def contents(stream: RecordStream) -> dict[str, str]:
    return {item.title: item.content for item in stream if isinstance(item, ImportRecord)}


def left_out(stream: RecordStream) -> dict[str, list[str]]:
    return {one.what: one.where for one in stream.remarks if one.kind == "left_out"}


CLAUDE = {
    "conversations.json": CHAT,
    "projects.json": PROJECT,
    "memories.json": KEPT,
    "users.json": "[]",
}


@pytest.mark.parametrize("shape", ["folder", "zip", "zipped folder", "pipe"])
def test_a_claude_export_as_it_is_downloaded(tmp_path: Path, shape: str) -> None:
    files = {f"data-2025/{name}": text for name, text in CLAUDE.items()}
    if shape == "pipe":
        read, write = os.pipe()
        with os.fdopen(write, "wb") as into:
            into.write(archive(CLAUDE).getvalue())
        with os.fdopen(read, "rb") as out:
            stream = open_records(out)
            found = contents(stream)
    else:
        source = tmp_path / "export.zip"
        if shape == "folder":
            source = unpack(tmp_path / "export", CLAUDE)
        else:
            source.write_bytes(archive(CLAUDE if shape == "zip" else files).getvalue())
        stream = open_records(source)
        found = contents(stream)
    assert stream.format == "claude"
    assert found == {
        "Project Shop": "Tiles.\nInstructions: Be brief.\nDocuments: style.md",
        "Shop: style.md": "  British English.\n",
        "What Claude remembers": "Ada sells tiles.",
        "What Claude remembers of project p": "Blue.",
        "Talk": "[user]: Hello.",
    }
    assert left_out(stream) == {"file": ["users.json"]}
    assert stream.done == stream.total


def test_a_mixture_is_read_file_by_file(tmp_path: Path) -> None:
    vault = unpack(
        tmp_path / "mix",
        {
            "a.md": "# A\n\nSee [[b]].",
            "sub/b.txt": "Plain.",
            "talk.json": CHAT,
            "pic.png": b"\x89PNG",
            "package.json": '{"name": "x"}',
            "broken.jsonl": '{"content": "ok"}\n{broken\n',
            ".obsidian/app.json": "{}",
        },
    )
    items = list(stream := open_records(vault))
    assert stream.format == "mixed"
    assert {i.title for i in items if isinstance(i, ImportRecord)} == {"A", "b", "Talk", "ok"}
    assert [i.message[:13] for i in items if isinstance(i, ImportProblem)] == ["broken.jsonl:"]
    assert len([i for i in items if isinstance(i, ImportLink)]) == 1
    assert left_out(stream) == {"file": ["package.json", "pic.png"]}


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key.md").write_text("secret")
    vault = unpack(tmp_path / "vault", {"a.md": "Mine."})
    (vault / "link.md").symlink_to(tmp_path / "secret" / "key.md")
    (vault / "deep").symlink_to(tmp_path / "secret", target_is_directory=True)
    os.mkfifo(vault / "pipe.md")
    stream = open_records(vault)
    assert contents(stream) == {"a": "Mine."}
    assert left_out(stream) == {
        "symbolic link": ["deep", "link.md"],
        "thing that is no file": ["pipe.md"],
    }


def test_names_within_an_archive_are_names_and_no_more(tmp_path: Path) -> None:
    stream = open_records(
        archive(
            {"../../up.md": "Up.", "/root.md": "Root.", "a\\b.md": "Back.", "__MACOSX/._a.md": "x"}
        )
    )
    records = [item for item in stream if isinstance(item, ImportRecord)]
    assert {(one.title, one.namespace) for one in records} == {
        ("up", None),
        ("root", None),
        ("b", "a"),
    }
    assert list(tmp_path.iterdir()) == []


def test_a_small_file_cannot_become_an_endless_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bound, "ZIP_PLAIN_BYTES", 1_000)
    with pytest.raises(ValidationFailed, match="grows more than real text"):
        open_records(archive({"a.md": "x" * 1_000_000}))
    monkeypatch.setattr(bound, "BUNDLE_FILES_MAX", 2)
    with pytest.raises(ValidationFailed, match="more than 2 files"):
        open_records(archive({f"{n}.md": "x" for n in range(3)}))


@pytest.mark.parametrize("data", [b"PK\x03\x04rest", b"PK\x05\x06" + b"\0" * 3])
def test_a_damaged_archive_is_refused(data: bytes) -> None:
    with pytest.raises(ValidationFailed, match="no readable ZIP"):
        open_records(io.BytesIO(data))


def test_damage_within_an_archive_is_a_problem_of_its_file() -> None:
    whole = bytearray(archive({"a.md": "good", "b.md": os.urandom(3_000)}).getvalue())
    at = whole.find(b"b.md") + 4
    whole[at + 10 : at + 40] = b"\0" * 30
    items = list(open_records(io.BytesIO(whole)))
    assert [i.content for i in items if isinstance(i, ImportRecord)][:1] == ["good"]
    assert any("damaged" in i.message for i in items if isinstance(i, ImportProblem))


def test_an_archive_of_nothing_known_is_refused_with_a_hint() -> None:
    with pytest.raises(ValidationFailed, match="nothing to import") as caught:
        open_records(archive({"word/document.xml": "<x/>"}))
    assert "--help" in caught.value.hint


def test_two_notes_of_one_title_are_two_memories(tmp_path: Path) -> None:
    note = "---\ntitle: Weekly sync\n---\n"
    vault = unpack(
        tmp_path / "v", {"1.md": note + "3 May.", "2.md": note + "10 May.", "x/1.md": note + "x"}
    )
    ids = {item.id for item in open_records(vault) if isinstance(item, ImportRecord)}
    assert len(ids) == 3
    alone = [item.id for item in open_records(vault / "1.md") if isinstance(item, ImportRecord)]
    assert set(alone) < ids

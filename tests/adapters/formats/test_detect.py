"""Telling formats apart, and refusing what is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ai_memory.adapters.formats import FORMATS, detect, open_records
from ai_memory.errors import ValidationFailed

DATA = Path(__file__).parents[2] / "data"
FILES = {
    "memories.jsonl": "jsonl",
    "export.json": "jsonl",
    "claude.json": "claude",
    "chatgpt.json": "chatgpt",
    "dialogue.json": "locomo",
    "xquad.json": "xquad",
    "beir/corpus.jsonl": "beir",
    "cranfield/cran.all.1400": "trec",
    "cranfield-xml/cran.all.1400.xml": "trec",
    "cases/small.json": "cases",
}


@pytest.mark.parametrize(("name", "expected"), FILES.items())
def test_files_are_told_by_content(name: str, expected: str) -> None:
    data = (DATA / name).read_bytes()
    assert detect(data) == expected
    assert detect(data[:400]) == expected
    assert expected in FORMATS


@pytest.mark.parametrize("name", ["claude.json", "chatgpt.json", "dialogue.json"])
def test_lines_are_told_like_arrays(name: str) -> None:
    lines = b"\n".join(json.dumps(v).encode() for v in json.loads((DATA / name).read_bytes()))
    assert detect(lines) == FILES[name]
    assert detect(b"{ broken\n" + lines) == FILES[name]


def test_words_within_a_memory_do_not_decide() -> None:
    said = json.dumps({"chat_messages": [], "mapping": {}, "session_1": []})
    assert detect(json.dumps({"content": said}).encode()) == "jsonl"
    assert detect(json.dumps({"metadata": {"mapping": {}}, "content": ""}).encode()) == "jsonl"


def test_a_dialogue_whose_questions_come_first_is_told_by_them() -> None:
    sample = {"qa": [{"question": "?", "answer": "!", "evidence": ["D1:1"], "category": 1}] * 9}
    assert detect(json.dumps([sample]).encode()[:300]) == "locomo"


@pytest.mark.parametrize(
    ("head", "hint"),
    [
        (b"hello", "--format"),
        (b'{"answer": 42}', "--format"),
        (b"[1, 2, 3]", "locomo"),
        (b"PK\x03\x04rest", "Unpack"),
        (b"\x1f\x8brest", "gunzip"),
        (b"\x00\xff\x13", "--format"),
    ],
)
def test_the_unknown_is_refused_with_a_hint(head: bytes, hint: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        detect(head, "thing.bin")
    assert hint in caught.value.hint
    assert "thing.bin" in caught.value.message


def test_the_ending_decides_where_content_does_not() -> None:
    assert detect(b"not json\n", "notes.jsonl") == "jsonl"


def test_hostile_heads_are_quick() -> None:
    for head in (b"{\n" * 32_768, b'"\\' * 32_768, b'{"\\"' * 16_384, b"[" * 65_536):
        with pytest.raises(ValidationFailed):
            detect(head)


def test_calls_that_cannot_work_fail_before_the_first_record(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path, "nul\0byte"):
        with pytest.raises(ValidationFailed):
            open_records(path)
    good = DATA / "memories.jsonl"
    with pytest.raises(ValidationFailed, match="yaml is no known format") as caught:
        open_records(good, format="yaml")
    assert "chatgpt" in caught.value.hint
    with pytest.raises(ValidationFailed, match="paragraph is no unit"):
        open_records(good, unit="paragraph")


def test_a_folder_is_known_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "conversations.json").write_bytes((DATA / "claude.json").read_bytes())
    with open_records(tmp_path) as stream:
        assert stream.format == "claude"

"""Bytes become text in one place, and what was guessed is said."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_memory.adapters.formats import ImportRecord, RecordStream, open_records
from ai_memory.adapters.formats.encoding import decode_text

LONG = {
    "cp1252": "Nous avons décidé d'utiliser PostgreSQL. Le déploiement est prévu à la fin février.",
    "cp1250": "Spotkanie zespołu odbędzie się w środę. Musimy omówić nową wersję i następne kroki.",
    "cp1251": "Привет, это заметка о проекте. Мы решили использовать базу данных.",
    "koi8_r": "Привет, это заметка о проекте. Мы решили использовать базу данных.",
    "cp1253": "Καλημέρα κόσμε, αυτή είναι μια σημείωση",
    "cp1254": "Toplantı yarın saat ondadır. Şirket için önemli değişiklik.",
    "cp932": "猫の名前はバイロンにしました。どう思う？",
    "euc_jp": "猫の名前はバイロンにしました。どう思う？",
    "gb18030": "我们决定使用数据库。今天的会议很重要。",
    "big5": "我們決定使用資料庫。今天的會議很重要。",
    "cp949": "우리는 데이터베이스를 사용하기로 결정했습니다.",
}
SHORT = (
    "Café",
    "# Café\nCrème brûlée",
    "He said “hello” – fine…",
    "5 € für Bücher",
    "Räksmörgås på ön",
)
WIDE = ("utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-8-sig")


@pytest.mark.parametrize("encoding", LONG)
def test_code_pages_are_told_by_what_they_make_of_the_text(encoding: str) -> None:
    found = decode_text(LONG[encoding].encode(encoding))
    assert (found.text, found.encoding) == (LONG[encoding], encoding)


@pytest.mark.parametrize("text", SHORT)
def test_a_few_western_letters_are_windows(text: str) -> None:
    assert decode_text(text.encode("cp1252")) == (text, "cp1252")


@pytest.mark.parametrize("encoding", WIDE)
@pytest.mark.parametrize(
    "text", ["# Title\nplain", "Привет мир\nеще", "会议 记录\n你好", "x: 猫\n"]
)
def test_wide_text_with_and_without_a_mark(text: str, encoding: str) -> None:
    assert decode_text(text.encode(encoding)).text == text


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=40))
def test_utf8_is_never_taken_for_anything_else(text: str) -> None:
    text = text.removeprefix("\ufeff")
    assert decode_text(text.encode()) == (text, "utf-8")


@given(st.binary(max_size=200))
def test_bytes_always_become_text(data: bytes) -> None:
    assert isinstance(decode_text(data).text, str)


@pytest.mark.parametrize("data", [b"hello\x00world and more", b"line\nmore\x00", b'{"a": "b"}\x00'])
def test_a_stray_zero_makes_no_utf16(data: bytes) -> None:
    assert decode_text(data).encoding == "utf-8"


def test_one_bad_byte_does_not_spoil_the_rest() -> None:
    found = decode_text("Überall é, 猫 und ".encode() + b"caf\xe9")
    assert found == ("Überall é, 猫 und café", "utf-8, damaged")


def read(stream: RecordStream) -> tuple[list[str], list[str]]:
    texts = [item.content for item in stream if isinstance(item, ImportRecord)]
    return texts, [one.what for one in stream.remarks if one.kind == "read_as"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "cp1252"])
def test_every_reader_sees_utf8_and_the_summary_says_what_it_was(
    tmp_path: Path, encoding: str
) -> None:
    said = {"utf-16": ["utf-16-le"], "cp1252": ["cp1252"], "utf-8-sig": []}[encoding]
    memory = json.dumps({"content": "Crème brûlée"}, ensure_ascii=False)
    for name, text in (
        ("a.md", "Crème brûlée"), ("a.txt", "Crème brûlée"), ("a.jsonl", memory + "\n"),
        ("a.json", f"[{memory}]"),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(text.encode(encoding))
        assert read(open_records(tmp_path / name)) == (["Crème brûlée"], said)
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / "a.md").write_bytes("Crème brûlée".encode(encoding))
    assert read(open_records(tmp_path / "all")) == (["Crème brûlée"], said)


def test_a_bad_line_among_good_ones_is_read_and_said() -> None:
    good = '{"content": "später 猫"}\n'.encode()
    padding = b'{"content": "' + b"x" * 70_000 + b'"}\n'
    stream = open_records(io.BytesIO(good + padding + b'{"content": "caf\xe9"}\n' + good))
    texts, said = read(stream)
    assert (texts[-2], said) == ("café", ["cp1252"])
    assert next(one for one in stream.remarks if one.kind == "read_as").where == [
        "the input, line 3"
    ]


def test_what_no_memory_can_hold_is_shown_and_said() -> None:
    stream = open_records(io.BytesIO(json.dumps({"content": "red \x1b[31m \ud800"}).encode()))
    assert read(stream)[0] == ["red \ufffd[31m \ufffd"]
    assert [(one.kind, one.count) for one in stream.remarks] == [("changed", 2)]

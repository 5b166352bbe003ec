"""Whatever the bytes are: problems, not exceptions; storable text; the same ids each time."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ai_memory import limits
from ai_memory.adapters.formats import FORMATS, ImportProblem, ImportRecord, open_records
from ai_memory.adapters.formats.bound import EXCERPT_CHARS_MAX
from ai_memory.adapters.formats.detect import ZIP_MAGIC
from ai_memory.adapters.formats.text import clean, pack, verbatim
from ai_memory.errors import ValidationFailed

DATA = Path(__file__).parents[2] / "data"
FILES = sorted(path for path in DATA.rglob("*") if path.is_file() and path.suffix != ".md")

WORDS = """
    id title content namespace tier tags priority confidence source metadata created_at ttl_secs
    updated_at expires_at scope memories memory links uuid name chat_messages sender text type
    author attachments extracted_content mapping current_node message role parts content_type
    create_time parent children recipient sample_id conversation session_1 session_01 dia_id
    session_1_date_time speaker blip_caption date_time qa question evidence category data
    paragraphs context qas _id
"""
KEYS = st.sampled_from(WORDS.split())
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["user", "text", "D1:1", "1:56 pm on 8 May, 2023", "2024-01-01T00:00:00Z"]),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=40,
)


def read(data: bytes, name: str | None, unit: str = "session") -> list[ImportRecord]:
    """Read everything, and check of every item what must hold of any."""
    if data.startswith(ZIP_MAGIC):
        data = b" " + data  # a damaged archive is refused as a whole
    items = list(open_records(io.BytesIO(data), format=name, unit=unit))
    records = []
    for item in items:
        assert item.line >= 1
        if isinstance(item, ImportProblem):
            assert item.message
            assert len(item.excerpt) <= EXCERPT_CHARS_MAX
            assert item.excerpt.isprintable()
        elif isinstance(item, ImportRecord):
            records.append(item)
            assert item.id
            assert item.title.strip()
            assert len(item.title) <= limits.TITLE_CHARS_MAX
            assert "\n" not in item.title
            assert item.content.strip()
            assert len(item.content.encode()) <= limits.CONTENT_BYTES_MAX
            assert verbatim(item.content) == item.content
            assert clean(item.title) == item.title
            msgspec.json.encode(item)  # nothing in it that no store can hold
    return records


def read_or_refuse(data: bytes) -> None:
    with contextlib.suppress(ValidationFailed):
        read(data, None)


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.binary(max_size=300))
@settings(deadline=None)
def test_random_bytes(name: str, data: bytes) -> None:
    read(data, name)
    read_or_refuse(data)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("unit", ["session", "turn"])
@given(values=st.lists(VALUES, max_size=3), indent=st.sampled_from([None, 1]))
# A busy machine makes examples slowly, which says nothing of the readers.
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_random_values_under_known_keys(
    name: str, unit: str, values: list[Any], indent: int | None
) -> None:
    array = json.dumps(values, indent=indent).encode()
    lines = b"\n".join(json.dumps(value).encode() for value in values)
    for data in (array, lines):
        first, second = read(data, name, unit), read(data, name, unit)
        assert first == second
        read_or_refuse(data)


@given(path=st.sampled_from(FILES), data=st.data())
@settings(max_examples=150, deadline=None)
def test_real_files_with_damage(path: Path, data: st.DataObject) -> None:
    whole = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    for name in FORMATS:
        read(damaged, name)
    read_or_refuse(damaged)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_reading_twice_finds_the_same(path: Path) -> None:
    try:
        first = list(open_records(path))
    except ValidationFailed:
        return
    assert list(open_records(path)) == first
    ids = [item.id for item in first if isinstance(item, ImportRecord)]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", FORMATS)
def test_hostile_inputs(name: str) -> None:
    for data in (
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'[{"content":' * 10_000,
        b'{"content": ' + b"9" * 10_000 + b"}",
        b'{"content": "c", "confidence": ' + b"9" * 1_000 + b"}",
        b'{"content": "c", "created_at": ' + b"9" * 1_000 + b"}",
        b'{"content": "c", "id": ' + b"9" * 1_000 + b"}",
        b"\x00" * 100_000,
        b"\n" * 100_000,
        b".I 1\n.W\n" * 10_000,
        b"[" + b"{\n" * 50_000,
    ):
        read(data, name)


def test_a_stream_that_breaks_off_is_a_problem() -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 0:
                raise OSError("the disk is gone")
            return super().read(min(80, size or 80))

    for name in FORMATS:
        data = b".I 1\n.W\ntext\n" if name == "trec" else b'{"_id": "1", "content": "c"}\n' * 9
        *_, last = open_records(Breaking(data), format=name)
        assert isinstance(last, ImportProblem)
        assert "the disk is gone" in last.message


def test_a_callers_stream_stays_open() -> None:
    stream = io.BytesIO(b'{"content": "c"}')
    assert len(list(open_records(stream))) == 1
    assert not stream.closed


@given(
    lines=st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=60), max_size=12),
    bytes_max=st.integers(16, 80),
)
def test_packing_loses_no_text(lines: list[str], bytes_max: int) -> None:
    lines = [line for line in map(clean, lines) if line.strip()]
    parts = pack(lines, bytes_max)
    assert all(len(part.text.encode()) <= bytes_max for part in parts)
    assert all(part.text.strip() for part in parts)
    packed = "".join("".join(part.text.split()) for part in parts)
    assert packed == "".join("".join(line.split()) for line in lines)
    if all(len(line.encode()) <= bytes_max for line in lines):
        assert "\n".join(part.text for part in parts) == "\n".join(lines)
        assert [part.first for part in parts[1:]] == [part.last + 1 for part in parts[:-1]]


def test_control_characters_are_replaced() -> None:
    assert clean("a\r\nb\rc\x85d\te\x00f\x1b[0m\x9f\ud800") == (
        "a\nb\nc\nd\te\ufffdf\ufffd[0m\ufffd\ufffd"
    )

"""Memories as JSON Lines, arrays and export documents."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from ai_memory.adapters.formats import ImportLink, ImportProblem, ImportRecord, bound, open_records
from ai_memory.model.clock import parse_rfc3339

DATA = Path(__file__).parents[2] / "data"


def read(
    text: str | bytes, name: str | None = "jsonl"
) -> tuple[list[ImportRecord], list[ImportProblem]]:
    data = text.encode() if isinstance(text, str) else text
    items = list(open_records(io.BytesIO(data), format=name))
    return (
        [item for item in items if isinstance(item, ImportRecord)],
        [item for item in items if isinstance(item, ImportProblem)],
    )


def micros(text: str) -> int:
    return parse_rfc3339(text, field="expected")


def test_the_file_is_read_and_its_bad_lines_are_named() -> None:
    items = list(open_records(DATA / "memories.jsonl"))
    records = [item for item in items if isinstance(item, ImportRecord)]
    problems = [item for item in items if isinstance(item, ImportProblem)]

    assert [record.line for record in records] == [1, 3, 5, 7]
    assert [problem.line for problem in problems] == [4, 6]
    assert "not valid JSON" in problems[0].message
    assert problems[0].excerpt.startswith('{"title": "Broken"')
    assert problems[1].message == "content is missing"

    deploy, coffee, untitled, watering = records
    assert deploy.id == "3f0a7c52-7c0f-4a44-8a53-0c1f7b8a9d10"
    assert (deploy.namespace, deploy.tier, deploy.priority) == ("team/ops", "long", 8)
    assert deploy.confidence == 0.9
    assert deploy.tags == ("deploy", "calendar")
    assert deploy.source == "import"
    assert deploy.metadata == {"scope": "team", "imported": {"source": "claude"}}
    assert deploy.created_at == micros("2024-01-05T10:00:00Z")
    assert deploy.updated_at == micros("2024-02-01T09:30:00Z")

    assert coffee.tags == ("kitchen", "machine")
    assert coffee.metadata == {"imported": {"mood": "resigned"}}
    assert coffee.created_at == 1_706_000_000_000_000
    assert coffee.namespace is None
    assert untitled.title == "A thought without a title."
    assert untitled.ttl_secs == 3600
    assert untitled.metadata == {"scope": "org"}
    assert watering.title == "水やり"


def test_an_export_document_gives_its_memories_and_its_links() -> None:
    items = list(open_records(DATA / "export.json"))
    records = [item for item in items if isinstance(item, ImportRecord)]
    assert [record.title for record in records] == ["Bike", "Guests"]
    assert [record.line for record in records] == [1, 2]
    assert records[0].metadata["agent_id"] == "human:ada"
    (link,) = [item for item in items if isinstance(item, ImportLink)]
    assert {link.source_id, link.target_id} == {record.id for record in records}


@pytest.mark.parametrize("indent", [None, 1])
def test_an_array_reads_like_lines(indent: int | None) -> None:
    memories = [{"title": f"t{n}", "content": f"c{n}"} for n in range(5)]
    by_array, none = read(json.dumps(memories, indent=indent))
    by_lines, _ = read("\n".join(map(json.dumps, memories)))
    assert none == []
    assert by_array == by_lines


def test_one_object_over_many_lines_is_one_memory() -> None:
    records, problems = read(json.dumps({"title": "t", "content": "c"}, indent=2))
    assert (len(records), problems) == (1, [])


def test_what_a_get_answers_can_be_imported() -> None:
    memory = {"id": "x" * 36, "title": "t", "content": "c", "namespace": "n"}
    for answer in ({**memory, "memory": memory, "links": []}, {"memory": memory, "links": []}):
        records, _ = read(json.dumps(answer))
        assert (records[0].title, records[0].id, records[0].metadata) == ("t", "x" * 36, {})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", 7),
        ("content", ["a"]),
        ("priority", "high"),
        ("tags", [1]),
        ("metadata", "none"),
        ("created_at", "yesterday"),
        ("created_at", 1e300),
        ("expires_at", True),
    ],
)
def test_a_field_of_the_wrong_type_is_named(field: str, value: object) -> None:
    line = json.dumps({"title": "t", "content": "c", field: value})
    records, problems = read(line + '\n{"content": "next"}')
    assert [record.content for record in records] == ["next"]
    assert problems[0].message.startswith(field)


def test_values_out_of_bounds_are_left_to_the_store() -> None:
    records, problems = read(
        '{"content": "c", "priority": 99, "tier": "eternal", "confidence": -1}'
    )
    assert (records[0].priority, records[0].tier, records[0].confidence) == (99, "eternal", -1)
    assert problems == []


def test_a_bare_number_is_no_id_but_is_kept() -> None:
    records, _ = read('{"id": 7, "content": "seven"}\n{"id": 7, "content": "another seven"}')
    assert len({record.id for record in records}) == 2
    assert records[0].metadata == {"imported": {"id": 7}}


def test_broken_encodings_are_mended() -> None:
    line = (
        b'{"title": "caf\xe9", "content": "half a pair: \\ud83d, a bell: \\u0007, nan", "x": NaN}'
    )
    records, problems = read(line)
    assert problems == []
    assert records[0].title == "café"
    assert records[0].content == "half a pair: \ufffd, a bell: \ufffd, nan"


def test_an_overlong_line_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bound, "LINE_BYTES_MAX", 300_000)
    monkeypatch.setattr(bound, "CHUNK_BYTES", 1000)
    long = json.dumps({"content": "x" * 400_000})
    records, problems = read(f'{{"content": "a"}}\n{long}\n{{"content": "b"}}\n')
    assert [(record.line, record.content) for record in records] == [(1, "a"), (3, "b")]
    assert (problems[0].line, problems[0].message) == (2, "the line is longer than 0 MiB")
    assert len(problems[0].excerpt) == bound.EXCERPT_CHARS_MAX


def test_an_oversized_document_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bound, "DOCUMENT_BYTES_MAX", 1000)
    _, problems = read(json.dumps([{"content": "x" * 2000}]))
    assert "JSON Lines" in problems[0].message


def test_a_truncated_array_gives_what_is_whole() -> None:
    whole = json.dumps([{"title": f"t{n}", "content": "c"} for n in range(10)])
    records, problems = read(whole[:-30])
    assert [record.title for record in records] == [f"t{n}" for n in range(9)]
    assert len(problems) == 1


def test_a_broken_element_of_an_indented_array_loses_no_other() -> None:
    text = json.dumps(
        [{"title": f"t{n}", "content": "c", "metadata": {"a": {"b": n}}} for n in range(4)],
        indent=1,
    )
    records, problems = read(text.replace('"t1",', '"t1"'))
    assert [record.title for record in records] == ["t0", "t2", "t3"]
    assert [problem.line for problem in problems] == [2]


def test_a_broken_first_line_does_not_turn_lines_into_a_document() -> None:
    for broken in ('{"title": "a",', "[oops", '{"content"', "garbage"):
        records, problems = read(broken + '\n{"content": "x"}\n{"content": "y"}\n')
        assert [record.content for record in records] == ["x", "y"], broken
        assert problems[0].line == 1


def test_lines_are_read_as_they_are_asked_for() -> None:
    class Endless(io.RawIOBase):
        """Ten thousand million lines; nobody may read them all."""

        taken = 0

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            Endless.taken += size
            assert Endless.taken < 10_000_000
            return (b'{"content": "again"}\n' * (size // 21 + 1))[: size // 21 * 21]

    stream = open_records(Endless())  # type: ignore[arg-type]
    assert stream.format == "jsonl"
    assert stream.total is None
    for _, item in zip(range(1000), stream, strict=False):
        assert isinstance(item, ImportRecord)
    assert 0 < stream.done < 1_000_000


def test_nothing_is_nothing() -> None:
    for nothing in (b"", b"\n\n", b"\xef\xbb\xbf", b"[]", b'{"memories": [], "links": []}'):
        assert read(nothing, None) == ([], [])

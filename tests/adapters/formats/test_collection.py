"""Retrieval collections: XQuAD, BEIR and Cranfield."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from ai_memory.adapters.formats import ImportProblem, ImportRecord, open_dataset, open_records
from ai_memory.errors import ValidationFailed

DATA = Path(__file__).parents[2] / "data"
REAL = Path(os.environ.get("DATA", Path(__file__).parents[4] / "shared" / "data"))


def test_xquad() -> None:
    dataset = open_dataset(DATA / "xquad.json")
    assert (dataset.format, dataset.unit, dataset.skipped) == ("xquad", "paragraph", 1)
    assert [question.gold for question in dataset.questions] == [("1",), ("1",), ("2",), ("3",)]
    with dataset.records() as stream:
        records = [item for item in stream if isinstance(item, ImportRecord)]
    assert stream.skipped == 1
    assert [record.title for record in records] == [
        "Lighthouses: Paragraph 1",
        "Lighthouses: Paragraph 2",
        "Paragraph 3",
    ]
    assert [record.metadata for record in records] == [{"paragraph": str(n)} for n in (1, 2, 3)]
    assert {record.namespace for record in records} == {"xquad"}


def test_xquad_in_chinese() -> None:
    path = REAL / "xquad_zh.json"
    if not path.is_file():
        pytest.skip(f"{path} is missing: set DATA to the folder of xquad_zh.json")
    dataset = open_dataset(path)
    assert (len(dataset.questions), dataset.skipped) == (1190, 0)
    assert len(list(dataset.records())) == 240


def test_beir() -> None:
    dataset = open_dataset(DATA / "beir")
    assert (dataset.format, dataset.unit, dataset.skipped) == ("beir", "document", 1)
    assert [(q.text, q.gold) for q in dataset.questions] == [
        ("how do bees stay warm", ("d1",)),
        ("melting point of beeswax", ("d2",)),
    ]
    items = list(dataset.records())
    records = [item for item in items if isinstance(item, ImportRecord)]
    assert [(record.title, record.metadata) for record in records] == [
        ("Bees in winter", {"document": "d1"}),
        ("Document d2", {"document": "d2"}),
        ("Hive tools", {"document": "d3"}),
    ]
    assert [item.line for item in items if isinstance(item, ImportProblem)] == [4]


def test_beir_without_judgements(tmp_path: Path) -> None:
    for name in ("corpus.jsonl", "queries.jsonl"):
        (tmp_path / name).write_bytes((DATA / "beir" / name).read_bytes())
    with pytest.raises(ValidationFailed, match="no judgements"):
        open_dataset(tmp_path)
    (tmp_path / "queries.jsonl").unlink()
    with pytest.raises(ValidationFailed, match=r"queries\.jsonl"):
        open_dataset(tmp_path)


@pytest.mark.parametrize("path", ["cranfield", "cranfield/cran.all.1400"])
def test_cranfield(path: str) -> None:
    dataset = open_dataset(DATA / path)
    assert (dataset.format, dataset.unit, dataset.skipped) == ("trec", "document", 1)
    assert [(q.text, q.gold) for q in dataset.questions] == [
        ("what slows the fall of a paper glider .", ("1",)),
        ("how does line sag change the angle of a kite .", ("2",)),
    ]
    with dataset.records() as stream:
        gliders, kites = (item for item in stream if isinstance(item, ImportRecord))
    assert stream.skipped == 1
    assert gliders.title == "paper gliders in still air"
    assert gliders.content.endswith("its nose carries a clip .")
    assert (gliders.line, kites.line) == (1, 12)


@pytest.mark.parametrize("path", ["cranfield-xml", "cranfield-xml/cran.all.1400.xml"])
def test_cranfield_as_xml(path: str) -> None:
    dataset = open_dataset(DATA / path)
    assert (dataset.format, dataset.unit, dataset.skipped) == ("trec", "document", 1)
    assert [(q.text, q.gold) for q in dataset.questions] == [
        ("what slows the fall of a paper glider .", ("1",)),
        ("how does line sag change the angle of a kite .", ("2",)),
    ]
    with dataset.records() as stream:
        gliders, kites = (item for item in stream if isinstance(item, ImportRecord))
    assert stream.skipped == 1
    assert gliders.title == "paper gliders in still air"
    assert "one sheet & nothing else" in gliders.content
    assert gliders.content.endswith("\n\nit was dropped from a stair .")
    assert (gliders.line, kites.line) == (3, 14)  # where they begin


def test_xml_that_is_broken_costs_what_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "docs.xml"
    path.write_text(
        "<DOC><DOCNO>FT-1</DOCNO><TEXT>one</TEXT></DOC><doc><text>nameless</text></doc>\n"
        "<doc><docno>2</docno><title>two</title></doc>\n<doc><docno>3</docno><text>cut"
    )
    with open_records(path) as stream:
        items = list(stream)
    assert [item.content for item in items if isinstance(item, ImportRecord)] == ["one", "two"]
    problems = [item.message for item in items if isinstance(item, ImportProblem)]
    assert problems == ["an element without <docno> or <num>", "the last entry has no end"]


def test_judgements_name_numbers_where_all_of_them_are_some(tmp_path: Path) -> None:
    for file in (DATA / "cranfield-xml").iterdir():
        text = file.read_text().replace("<num> 1<", "<num> 301<").replace("<num> 2<", "<num> 007<")
        (tmp_path / file.name).write_text(text)
    (tmp_path / "cranqrel.trec.txt").write_text("7 0 2 1\n301 0 1 3\n")
    assert [(q.name, q.gold) for q in open_dataset(tmp_path).questions] == [
        ("7", ("2",)),
        ("301", ("1",)),
    ]


def test_cases() -> None:
    dataset = open_dataset(DATA / "cases" / "small.json")
    assert (dataset.format, dataset.unit, dataset.skipped) == ("cases", "unit", 2)
    lamp, stove, keys = dataset.questions
    assert (lamp.gold, lamp.category, lamp.half, lamp.name) == (("lamp",), "keywords", "dev", "q1")
    assert (stove.namespace, stove.gold, stove.avoid) == ("cabin", ("stove-new",), ("stove-old",))
    assert [(q.category, q.gold) for q in dataset.unanswerable] == [
        ("unknown fact", ()),
        ("unknown name", ()),
    ]
    with dataset.records() as stream:
        items = list(stream)
    records = [item for item in items if isinstance(item, ImportRecord)]
    assert [r.metadata["unit"] for r in records] == ["keys", "lamp", "stove-old", "stove-new"]
    assert {r.namespace for r in records} == {keys.namespace, "cabin"}
    assert (records[1].title, records[1].tags) == (records[1].content, ("home",))
    assert records[2].title == "Stove"
    assert (records[2].created_at or 0) < (records[3].created_at or 0)
    assert [item.message for item in items if isinstance(item, ImportProblem)] == [
        "content is missing",
        "unit is missing",
    ]


def test_cases_in_a_folder_of_lines(tmp_path: Path) -> None:
    (tmp_path / "memories.jsonl").write_text(
        '{"unit": 3, "content": "Ein Satz.", "namespace": "n"}\n'
    )
    (tmp_path / "questions.jsonl").write_text(
        '{"qid": "a", "text": "Was steht da?", "gold": [3], "namespace": "n"}\n'
        '{"qid": "b", "text": "Und sonst?", "gold": [], "answerable": false, "namespace": "n"}\n'
    )
    dataset = open_dataset(tmp_path, format="cases")
    assert [(q.name, q.gold, q.namespace) for q in dataset.questions] == [("a", ("3",), "n")]
    assert [q.name for q in dataset.unanswerable] == ["b"]
    with dataset.records() as stream:
        (record,) = (item for item in stream if isinstance(item, ImportRecord))
    assert (record.metadata, record.namespace) == ({"unit": "3"}, "n")


def test_cases_from_a_stream_include_nothing(tmp_path: Path) -> None:
    with open_records(io.BytesIO((DATA / "cases" / "small.json").read_bytes())) as stream:
        items = list(stream)
    assert isinstance(items[0], ImportProblem)
    assert "not beside it: included.json" in items[0].message
    assert sum(isinstance(item, ImportRecord) for item in items) == 3


def test_a_format_without_questions_is_no_data_set() -> None:
    with pytest.raises(ValidationFailed, match="jsonl is no data set"):
        open_dataset(DATA / "memories.jsonl")
    with pytest.raises(ValidationFailed, match="xquad has no unit turn"):
        open_dataset(DATA / "xquad.json", unit="turn")

"""Retrieval collections: XQuAD, BEIR and Cranfield."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ai_memory.adapters.formats import ImportProblem, ImportRecord, open_dataset
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


def test_a_format_without_questions_is_no_data_set() -> None:
    with pytest.raises(ValidationFailed, match="jsonl is no data set"):
        open_dataset(DATA / "memories.jsonl")
    with pytest.raises(ValidationFailed, match="xquad has no unit turn"):
        open_dataset(DATA / "xquad.json", unit="turn")

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ai_memory.adapters.tokens import count_cl100k
from ai_memory.faces.toon import to_toon

MEMORY: dict[str, Any] = {
    "id": "a1",
    "title": "Kettle A|B test",
    "tier": "long",
    "namespace": "kitchen",
    "priority": 7,
    "confidence": 1.0,
    "score": 0.763,
    "access_count": 3,
    "tags": ["tea", "water"],
    "source": "api",
    "created_at": "2026-01-02T03:04:05+00:00",
    "updated_at": "2026-01-02T03:04:05+00:00",
    "metadata": {"b": None, "agent_id": "ai:demo@box", "a": True},
    "content": "Boils\r\nin 2\\3 of the time: good",
}


def test_compact_is_one_row_per_memory_with_its_content() -> None:
    bare = {"id": "b2", "title": "Shopping", "priority": 5, "content": "milk", "metadata": {}}
    text = to_toon({"count": 2, "mode": "keyword", "memories": [MEMORY, bare]}, "toon_compact")
    assert text == (
        "count:2|mode:keyword\n"
        "memories[id|title|tier|namespace|priority|score|tags|agent_id|content]:\n"
        "a1|Kettle A\\|B test|long|kitchen|7|0.763|tea,water|ai\\:demo@box|"
        "Boils\\r\\nin 2\\\\3 of the time\\: good\n"
        "b2|Shopping|||5||||milk\n"
    )


def test_the_whole_form_has_every_column() -> None:
    _meta, columns, row = to_toon({"count": 1, "results": [MEMORY]}, "toon").splitlines()
    assert columns == (
        "memories[id|title|tier|namespace|priority|confidence|score|access_count|tags|source|"
        "created_at|updated_at|metadata|content]:"
    )
    assert '{"a"\\:true,"agent_id"\\:"ai\\:demo@box","b"\\:null}' in row
    assert row.count("\\:") >= 6


@pytest.mark.parametrize("form", ["toon", "toon_compact"])
def test_what_changes_the_meaning_is_in_every_form(form: Any) -> None:
    """Also a field of tomorrow: what may be left out is listed, not what must be kept."""
    old = {**MEMORY, "superseded_by": ["b2"], "confidence": 0.5, "tomorrow": {"a": [1, "x|y"]}}
    result = {
        "memories": [MEMORY, old],
        "count": 2,
        "meta": {"memories_dropped": 3, "degraded": "the embedder does not answer"},
        "total_is_exact": False,
    }
    whole, columns, plain, marked = to_toon(result, form).splitlines()
    assert "memories_dropped:3" in whole
    assert "degraded:the embedder does not answer" in whole
    assert "total_is_exact:0" in whole
    names = columns.removeprefix("memories[").removesuffix("]:").split("|")
    assert names[-1] == "content"
    of_old = dict(zip(names, re.split(r"(?<!\\)\|", marked), strict=True))
    of_new = dict(zip(names, re.split(r"(?<!\\)\|", plain), strict=True))
    assert (of_old["superseded_by"], of_new["superseded_by"]) == ("b2", "")
    assert (of_old["confidence"], of_new["confidence"]) == ("0.5", "1.0")
    assert of_old["tomorrow"] == r'{"a"\:[1,"x\|y"]}'


def test_nothing_found_is_a_header_without_rows() -> None:
    text = to_toon({"count": 0, "memories": []}, "toon_compact")
    assert text.splitlines()[0] == "count:0"
    assert len(text.splitlines()) == 2


@pytest.mark.parametrize(("form", "share"), [("toon", 0.9), ("toon_compact", 0.45)])
def test_a_table_costs_fewer_tokens_than_json(form: Any, share: float) -> None:
    result = {"count": 5, "memories": [{**MEMORY, "id": f"a{n}"} for n in range(5)]}
    as_json = json.dumps(result, separators=(",", ":"))
    table = to_toon(result, form)
    of_table, of_json = count_cl100k([table, as_json])
    assert of_table < share * of_json

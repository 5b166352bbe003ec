"""Arguments as models send them: taken where they mean one thing, refused where they do not."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from ai_memory.errors import ValidationFailed
from ai_memory.model.command import Command
from ai_memory.model.decode import decode_fields
from ai_memory.model.synonym import fields_meant
from ai_memory.operations.registry import by_wire, command_type, operations_on

NEEDED: Final[dict[str, dict[str, Any]]] = {
    "memory_store": {"title": "t", "content": "c"},
    "memory_recall": {"context": "c"},
    "memory_search": {"query": "q"},
    "memory_update": {"id": "i"},
    "memory_get_links": {"id": "i"},
    "memory_link": {"source_id": "a", "target_id": "b"},
    "memory_kg_query": {"source_id": "a"},
    "memory_kg_timeline": {"source_id": "a"},
    "memory_find_paths": {"source_id": "a", "target_id": "b"},
    "memory_consolidate": {"ids": ["x", "y"], "title": "t"},
    "memory_entity_register": {"canonical_name": "n", "namespace": "g"},
    "memory_load_family": {"family": "graph"},
}


def decode(tool: str, **fields: Any) -> Command:
    given = {**NEEDED.get(tool, {}), **fields}
    return decode_fields(command_type(by_wire(tool)), given)


@pytest.mark.parametrize(
    ("tool", "field", "sent", "meant"),
    [
        ("memory_store", "priority", "7", 7),
        ("memory_store", "priority", " +7 ", 7),
        ("memory_store", "priority", 7.0, 7),
        ("memory_store", "priority", "7.0", 7),
        ("memory_store", "confidence", "0.5", 0.5),
        ("memory_store", "confidence", ".5", 0.5),
        ("memory_store", "confidence", 1, 1.0),
        ("memory_store", "ttl_secs", 3600.0, 3600),
        ("memory_store", "tags", '["a","b"]', ("a", "b")),
        ("memory_store", "tags", "a", ("a",)),
        ("memory_store", "tags", "a, b,", ("a", "b")),
        ("memory_store", "tags", "", ()),
        ("memory_store", "tags", "[]", ()),
        ("memory_store", "tags", [1, "b"], ("1", "b")),
        ("memory_store", "tags", "[half", ("[half",)),
        ("memory_store", "metadata", '{"k": 1}', {"k": 1}),
        ("memory_store", "metadata", None, {}),
        ("memory_store", "tier", "Long", "long"),
        ("memory_store", "tier", "", "mid"),
        ("memory_store", "title", 2024, "2024"),
        ("memory_store", "expires_at", "", None),
        ("memory_recall", "explain", "true", True),
        ("memory_recall", "explain", "False", False),
        ("memory_recall", "explain", 1, True),
        ("memory_recall", "recency", "no", False),
        ("memory_recall", "namespace", "", None),
        ("memory_recall", "since", " ", None),
        ("memory_recall", "limit", "", 10),
        ("memory_recall", "limit", "5", 5),
        ("memory_recall", "tags", ["a"], "a"),
        ("memory_recall", "context_tokens", "one turn, as it was", ("one turn, as it was",)),
        ("memory_recall", "context_tokens", '["one", "two"]', ("one", "two")),
        ("memory_search", "offset", 0.0, 0),
        ("memory_update", "expires_at", "", None),
        ("memory_update", "expires_at", None, None),
        ("memory_update", "priority", "3", 3),
        ("memory_update", "tags", "[]", ()),
        ("memory_get_links", "relations", "supersedes, related_to", ("supersedes", "related_to")),
        ("memory_get_links", "relations", "supersedes", ("supersedes",)),
        ("memory_get_links", "direction", " Both", "both"),
        ("memory_store", "on_conflict", "Merge", "merge"),
        ("memory_consolidate", "ids", '["x","y"]', ("x", "y")),
        ("memory_consolidate", "ids", "x,y", ("x", "y")),
        ("memory_consolidate", "ids", [12345678, "y"], ("12345678", "y")),
        ("memory_archive_add", "ids", "x", ("x",)),
        ("memory_get", "id", 12345678, "12345678"),
        ("memory_entity_register", "aliases", "Lovelace, Ada", ("Lovelace, Ada",)),
        ("memory_forget", "dry_run", "true", True),
        ("memory_capabilities", "accept", 2, "2"),
        ("memory_kg_query", "max_depth", "2", 2),
    ],
)
def test_what_means_one_thing_is_taken(tool: str, field: str, sent: Any, meant: Any) -> None:
    found = getattr(decode(tool, **{field: sent}), field)
    assert found == meant
    assert type(found) is type(meant)


@pytest.mark.parametrize(
    ("tool", "field", "sent"),
    [
        ("memory_recall", "limit", 5.5),
        ("memory_recall", "limit", "5.5"),
        ("memory_recall", "limit", "five"),
        ("memory_recall", "limit", True),
        ("memory_recall", "limit", [5]),
        ("memory_recall", "limit", 1e300),
        ("memory_recall", "explain", "maybe"),
        ("memory_recall", "explain", 2),
        ("memory_recall", "context", {"a": 1}),
        ("memory_recall", "tags", ["a", "b"]),
        ("memory_recall", "min_relevance", "nan"),
        ("memory_recall", "min_relevance", float("nan")),
        ("memory_recall", "since", "nonsense"),
        ("memory_store", "confidence", "1e99"),
        ("memory_store", "confidence", "inf"),
        ("memory_store", "metadata", "[1]"),
        ("memory_store", "metadata", "no object"),
        ("memory_store", "tier", "longer"),
        ("memory_store", "title", 2.5),
        ("memory_store", "title", True),
        ("memory_store", "tags", [["a", "b"]]),
        ("memory_update", "tags", ""),
        ("memory_update", "title", ""),
        ("memory_update", "content", " "),
        # A blank filter of what takes away must not come to mean everything.
        ("memory_forget", "namespace", ""),
        ("memory_forget", "pattern", " "),
        ("memory_forget", "tier", ""),
        ("memory_archive_purge", "namespace", ""),
        ("memory_archive_purge", "older_than_days", ""),
    ],
)
def test_what_means_nothing_clear_is_refused_by_name(tool: str, field: str, sent: Any) -> None:
    with pytest.raises(ValidationFailed) as caught:
        decode(tool, **{field: sent})
    assert caught.value.details["field"] == field
    assert caught.value.hint
    assert "another name" not in caught.value.message


@pytest.mark.parametrize("text", ["5", "true", "[1]", '{"a": 1}', "null", "1.0", '"quoted"'])
def test_a_text_stays_what_it_is_where_a_text_may_stand(text: str) -> None:
    """Also when another field sends the request through the second try."""
    metadata = {"n": "5", "list": "[1]", "deep": {"x": [1.0, "true"]}}
    stored: Any = decode(
        "memory_store", title=text, content=text, tags=[text], metadata=metadata, priority="3"
    )
    assert (stored.title, stored.content, stored.tags) == (text, text, (text,))
    assert json.dumps(stored.metadata) == json.dumps(metadata)
    found: Any = decode("memory_recall", context=text, tags=text, limit="3")
    assert (found.context, found.tags) == (text, text)


@pytest.mark.parametrize(
    ("tool", "given", "meant"),
    [
        ("memory_recall", "query", "context"),
        ("memory_recall", "q", "context"),
        ("memory_recall", "question", "context"),
        ("memory_recall", "text", "context"),
        ("memory_recall", "max_results", "limit"),
        ("memory_recall", "top_k", "limit"),
        ("memory_recall", "topK", "limit"),
        ("memory_recall", "k", "limit"),
        ("memory_recall", "budgetTokens", "budget_tokens"),
        ("memory_recall", "max-tokens", "budget_tokens"),
        ("memory_recall", "tag", "tags"),
        ("memory_recall", "after", "since"),
        ("memory_search", "context", "query"),
        ("memory_search", "keywords", "query"),
        ("memory_store", "text", "content"),
        ("memory_store", "memory", "content"),
        ("memory_store", "name", "title"),
        ("memory_store", "ns", "namespace"),
        ("memory_store", "project", "namespace"),
        ("memory_store", "ttlSeconds", "ttl_secs"),
        ("memory_store", "expiresAt", "expires_at"),
        ("memory_get", "memory_id", "id"),
        ("memory_get", "memoryId", "id"),
        ("memory_delete", "memory_ids", "id"),
        ("memory_archive_add", "id", "ids"),
        ("memory_kg_query", "id", "source_id"),
        ("memory_kg_query", "depth", "max_depth"),
        ("memory_kg_timeline", "memory_id", "source_id"),
        ("memory_link", "from", "source_id"),
        ("memory_link", "to", "target_id"),
        ("memory_link", "type", "relation"),
        ("memory_get_links", "relation", "relations"),
        ("memory_find_paths", "limit", "max_results"),
        ("memory_forget", "query", "pattern"),
        ("memory_smart_load", "query", "intent"),
        ("memory_load_family", "name", "family"),
        ("memory_load_family", "limit", "k"),
        ("memory_entity_register", "name", "canonical_name"),
        ("memory_entity_get_by_alias", "name", "alias"),
        ("memory_get_taxonomy", "namespace", "namespace_prefix"),
        ("memory_consolidate", "content", "summary"),
        ("memory_check_duplicate", "text", "content"),
        ("memory_detect_contradiction", "id1", "id_a"),
        ("memory_diff", "from", "from_version"),
        ("memory_restore_version", "version_number", "version"),
        ("memory_archive_purge", "days", "older_than_days"),
    ],
)
def test_a_field_is_known_by_its_other_names(tool: str, given: str, meant: str) -> None:
    assert fields_meant(given, command_type(by_wire(tool)).__struct_fields__) == (meant,)


def test_another_name_carries_its_value() -> None:
    found: Any = decode_fields(
        command_type(by_wire("memory_recall")), {"query": "tea", "top_k": "3", "ns": "a/b"}
    )
    assert (found.context, found.limit, found.namespace) == ("tea", 3, "a/b")


@pytest.mark.parametrize(
    ("tool", "name", "named"),
    [
        ("memory_link", "id", ("source_id", "target_id")),
        ("memory_kg_timeline", "from", ("source_id", "since")),
        ("memory_recall", "contxt", ("context",)),
        ("memory_store", "titel", ("title",)),
        ("memory_store", "ttl", ("ttl_secs",)),
        ("memory_recall", "zzz", ("context", "limit", "budget_tokens")),
        ("memory_stats", "zzz", ("none",)),
        # A question is no pattern of what to take away.
        ("memory_forget", "context", ("pattern",)),
    ],
)
def test_a_name_that_is_not_clear_is_answered_with_the_right_ones(
    tool: str, name: str, named: tuple[str, ...]
) -> None:
    with pytest.raises(ValidationFailed) as caught:
        decode(tool, **{name: "x"})
    assert name in caught.value.message
    for field in named:
        assert field in caught.value.hint


def test_one_field_under_two_names_is_refused() -> None:
    with pytest.raises(ValidationFailed, match="another name for context"):
        decode("memory_recall", context="tea", query="coffee")
    with pytest.raises(ValidationFailed, match="another name for limit"):
        decode("memory_recall", k=3, top_k=4)
    same: Any = decode("memory_recall", k=3, top_k=3)
    assert same.limit == 3


def test_no_name_leads_to_two_fields_of_a_tool_but_where_it_must() -> None:
    """A group that grew too wide would show here: its names become questions."""
    unclear = set()
    for operation in operations_on("mcp"):
        known = command_type(operation).__struct_fields__
        for name in ("query", "text", "name", "id", "limit", "relation", "from", "to", "version"):
            if name not in known and len(fields_meant(name, known)) > 1:
                unclear.add((operation.wire, name))
    assert unclear == {
        ("memory_link", "id"),
        ("memory_kg_invalidate", "id"),
        ("memory_find_paths", "id"),
        ("memory_detect_contradiction", "id"),
        ("memory_kg_timeline", "from"),
    }

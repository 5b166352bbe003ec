"""Every tool called once, on a memory that exists; the same for each way in."""

from __future__ import annotations

import json
from typing import Any, Final

from mcp import Client
from mcp.types import CallToolResult, TextContent

ERAS: Final = ("legacy", "2026-07-28")
"""How the official client speaks: with a handshake, or without one."""


def text_of(result: CallToolResult) -> Any:
    """The JSON in a result's text."""
    (content,) = result.content
    assert isinstance(content, TextContent)
    return json.loads(content.text)


async def call(client: Client, tool: str, **arguments: Any) -> Any:
    """Call a tool that must succeed; what its text says, which is said nowhere else."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert result.structured_content is None
    return text_of(result)


NEED_MORE: Final = {
    "memory_auto_tag": ({"id": "x"}, "CAPABILITY_MISSING"),
    "memory_expand_query": ({"query": "x"}, "CAPABILITY_MISSING"),
    "memory_curator_undo": ({"id": "x"}, "NOT_FOUND"),
}
"""Tools that have no answer without a language model, or before the curator has run."""


async def call_every_tool(client: Client) -> dict[str, Any]:
    """What each tool of the full profile answers; those that need more must say so."""
    for name, (arguments, code) in NEED_MORE.items():
        refusal = await client.call_tool(name, arguments)
        assert refusal.is_error
        assert text_of(refusal)["code"] == code
    stored = await call(
        client, "memory_store", title="Tea", content="Ada drinks green tea.", tags=["drink"]
    )
    ident = stored["id"]
    answers = {
        "memory_store": stored,
        "memory_recall": await call(client, "memory_recall", context="what does Ada drink?"),
        "memory_search": await call(client, "memory_search", query="tea"),
        "memory_list": await call(client, "memory_list"),
        "memory_get": await call(client, "memory_get", id=ident),
        "memory_update": await call(client, "memory_update", id=ident, content="Black tea now."),
        "memory_promote": await call(client, "memory_promote", id=ident),
        "memory_history": await call(client, "memory_history", id=ident),
        "memory_load_family": await call(client, "memory_load_family", family="graph"),
        "memory_smart_load": await call(client, "memory_smart_load", intent="delete old notes"),
        "memory_session_start": await call(client, "memory_session_start", namespace="global"),
        "memory_stats": await call(client, "memory_stats"),
        "memory_namespaces": await call(client, "memory_namespaces"),
        "memory_capabilities": await call(client, "memory_capabilities"),
        "memory_health": await call(client, "memory_health"),
        "memory_detect_contradiction": await call(
            client, "memory_detect_contradiction", id_a=ident, id_b=ident
        ),
        "memory_curator_report": await call(client, "memory_curator_report"),
    }
    answers["memory_check_duplicate"] = await call(
        client, "memory_check_duplicate", title="Tea", content="Ada drinks green tea."
    )
    answers |= await call_the_graph(client, ident)
    answers["memory_diff"] = await call(client, "memory_diff", id=ident)
    answers["memory_restore_version"] = await call(
        client, "memory_restore_version", id=ident, version=1
    )
    other = await call(client, "memory_store", title="Coffee", content="Ada drinks none.")
    made = await call(
        client, "memory_consolidate", ids=[ident, other["id"]], title="Drinks", summary="Tea only."
    )
    answers["memory_consolidate"] = made
    answers["memory_consolidate_undo"] = await call(
        client, "memory_consolidate_undo", id=made["id"]
    )
    answers["memory_delete"] = await call(client, "memory_delete", id=ident)
    answers["memory_archive_list"] = await call(client, "memory_archive_list")
    answers["memory_archive_stats"] = await call(client, "memory_archive_stats")
    answers["memory_archive_restore"] = await call(client, "memory_archive_restore", id=ident)
    answers["memory_archive_add"] = await call(client, "memory_archive_add", ids=[ident])
    answers["memory_archive_purge"] = await call(client, "memory_archive_purge")
    answers["memory_forget"] = await call(client, "memory_forget", pattern="tea", dry_run=True)
    answers["memory_erase"] = await call(client, "memory_erase", id=ident)
    answers["memory_gc"] = await call(client, "memory_gc")
    return answers


async def call_the_graph(client: Client, ident: str) -> dict[str, Any]:
    """What the tools that take two memories answer, and those that show what they made."""
    entity = await call(
        client, "memory_entity_register", canonical_name="Ada", namespace="people", aliases=["A"]
    )
    ends = {"source_id": ident, "target_id": entity["entity_id"], "relation": "related_to"}
    return {
        "memory_entity_register": entity,
        "memory_entity_get_by_alias": await call(client, "memory_entity_get_by_alias", alias="A"),
        "memory_link": await call(client, "memory_link", **ends),
        "memory_get_links": await call(client, "memory_get_links", id=ident),
        "memory_kg_query": await call(client, "memory_kg_query", source_id=ident, max_depth=2),
        "memory_kg_timeline": await call(client, "memory_kg_timeline", source_id=ident),
        "memory_find_paths": await call(
            client, "memory_find_paths", source_id=ident, target_id=entity["entity_id"]
        ),
        "memory_get_taxonomy": await call(client, "memory_get_taxonomy"),
        "memory_kg_invalidate": await call(client, "memory_kg_invalidate", **ends),
    }

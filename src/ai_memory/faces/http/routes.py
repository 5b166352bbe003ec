"""Operation → method and path, literally. The rest of a route follows from its command."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

API: Final = "/api/v1"
MCP_PATHS: Final = ("/mcp", f"{API}/mcp")
METRICS_PATHS: Final = ("/metrics", f"{API}/metrics")
OPENAPI_PATH: Final = f"{API}/openapi.json"
HEALTH_PATH: Final = f"{API}/health"

_PARAM: Final = re.compile(r"\{(\w+)\}")
_NONE: Final[Mapping[str, str]] = MappingProxyType({})


class Route(NamedTuple):
    """Where an operation stands.

    Attributes:
        operation: Its name in the registry.
        method: The verb. GET takes its fields from the query, every other verb from a JSON body.
        path: `{name}` is a field of the command.
        status: What a success answers.
        repeated: A key of the result that, when true, says nothing new was made: then 200.
        made: Likewise one that says so when false.
        aliases: Query parameter → the field it means, where clients know another name.
        lists: Fields that a query writes as a comma-separated list.
        accept: The field the Accept-Capabilities header sets.
        query_too: Its fields may stand in the query as well as in the body.
        array: The field that a body is which is an array and no object.
    """

    operation: str
    method: str
    path: str
    status: int = 200
    repeated: str | None = None
    made: str | None = None
    aliases: Mapping[str, str] = _NONE
    lists: tuple[str, ...] = ()
    accept: str | None = None
    query_too: bool = False
    array: str | None = None

    @property
    def path_fields(self) -> tuple[str, ...]:
        """The fields that stand in the path."""
        return tuple(_PARAM.findall(self.path))

    @property
    def takes_query(self) -> bool:
        """Whether the other fields stand in the query rather than in a body."""
        return self.method == "GET"


ROUTES: Final = (
    Route("store_memory", "POST", f"{API}/memories", 201, repeated="duplicate"),
    Route("store_many", "POST", f"{API}/memories/bulk", array="memories"),
    Route("list_memories", "GET", f"{API}/memories"),
    Route("get_memory", "GET", f"{API}/memories/{{id}}"),
    Route("update_memory", "PUT", f"{API}/memories/{{id}}"),
    Route("update_memory", "PATCH", f"{API}/memories/{{id}}"),
    Route("delete_memory", "DELETE", f"{API}/memories/{{id}}"),
    Route("promote_memory", "POST", f"{API}/memories/{{id}}/promote"),
    Route("memory_history", "GET", f"{API}/memories/{{id}}/history"),
    Route("erase_memory", "POST", f"{API}/memories/{{id}}/erase", query_too=True),
    Route("diff_versions", "GET", f"{API}/memories/{{id}}/diff"),
    Route("restore_version", "POST", f"{API}/memories/{{id}}/restore", query_too=True),
    Route("forget_memories", "POST", f"{API}/forget", query_too=True),
    Route("collect_expired", "POST", f"{API}/gc", query_too=True),
    Route("list_archived", "GET", f"{API}/archive"),
    Route("archive_memories", "POST", f"{API}/archive"),
    Route("purge_archive", "DELETE", f"{API}/archive", query_too=True),
    Route("archive_stats", "GET", f"{API}/archive/stats"),
    Route("restore_archived", "POST", f"{API}/archive/{{id}}/restore", query_too=True),
    Route("search_memories", "GET", f"{API}/search", aliases={"q": "query"}),
    Route("recall_memories", "GET", f"{API}/recall", lists=("context_tokens",)),
    Route("recall_memories", "POST", f"{API}/recall"),
    Route("start_session", "POST", f"{API}/session/start"),
    Route("load_family", "GET", f"{API}/families/{{family}}"),
    Route("smart_load", "GET", f"{API}/families"),
    Route("link_memories", "POST", f"{API}/links", 201),
    Route("delete_link", "DELETE", f"{API}/links"),
    Route("get_links", "GET", f"{API}/links/{{id}}", lists=("relations",)),
    Route("get_taxonomy", "GET", f"{API}/taxonomy", aliases={"prefix": "namespace_prefix"}),
    Route("register_entity", "POST", f"{API}/entities", 201, made="created"),
    Route("find_entity", "GET", f"{API}/entities/by_alias"),
    Route("query_graph", "POST", f"{API}/kg/query"),
    Route("list_timeline", "GET", f"{API}/kg/timeline", lists=("relations",)),
    Route("invalidate_link", "POST", f"{API}/kg/invalidate"),
    Route("find_paths", "GET", f"{API}/kg/paths", lists=("relations",)),
    Route("memory_stats", "GET", f"{API}/stats"),
    Route("list_namespaces", "GET", f"{API}/namespaces"),
    Route("memory_capabilities", "GET", f"{API}/capabilities", accept="accept"),
    Route("memory_health", "GET", HEALTH_PATH),
    Route("consolidate_memories", "POST", f"{API}/consolidate", 201),
    Route("auto_consolidate", "POST", f"{API}/auto_consolidate"),
    Route("undo_consolidation", "POST", f"{API}/consolidate/{{id}}/undo"),
    Route("check_duplicate", "POST", f"{API}/check_duplicate"),
    Route("detect_contradiction", "POST", f"{API}/detect_contradiction"),
    Route("list_contradictions", "GET", f"{API}/contradictions"),
    Route("resolve_contradiction", "POST", f"{API}/resolve"),
    Route("tag_memory", "POST", f"{API}/auto_tag"),
    Route("curator_report", "GET", f"{API}/curator/report"),
    Route("undo_curation", "POST", f"{API}/curator/actions/{{id}}/undo"),
    Route("expand_query", "POST", f"{API}/expand_query"),
    Route("export_memories", "GET", f"{API}/export"),
    Route("import_memories", "POST", f"{API}/import"),
)  # fmt: skip


def accepted_version(header: str) -> str:
    """The document version an Accept-Capabilities header asks for; anything unknown is v3."""
    return {"v1": "v1", "1": "v1", "v2": "v2", "2": "v2"}.get(header.strip().lower(), "v3")

"""What the reference implementation has, and what became of it here.

Three literal lists (its 51 tools, 57 routes and 42 commands). That something is here is read from the
declarations, so that the page cannot claim it; why something is not here yet, or never, is said
once, below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ai_memory.faces.cli.command import commands
from ai_memory.faces.http.routes import HEALTH_PATH, METRICS_PATHS, ROUTES
from ai_memory.operations.registry import operations_on

TOOLS = [
    "store",
    "recall",
    "search",
    "list",
    "load_family",
    "smart_load",
    "get_taxonomy",
    "check_duplicate",
    "entity_register",
    "entity_get_by_alias",
    "kg_timeline",
    "kg_invalidate",
    "kg_query",
    "find_paths",
    "delete",
    "promote",
    "forget",
    "stats",
    "update",
    "get",
    "link",
    "get_links",
    "verify",
    "replay",
    "consolidate",
    "capabilities",
    "expand_query",
    "auto_tag",
    "detect_contradiction",
    "archive_list",
    "archive_restore",
    "archive_purge",
    "archive_stats",
    "gc",
    "session_start",
    "namespace_set_standard",
    "namespace_get_standard",
    "namespace_clear_standard",
    "pending_list",
    "pending_approve",
    "pending_reject",
    "agent_register",
    "agent_list",
    "notify",
    "inbox",
    "subscribe",
    "unsubscribe",
    "list_subscriptions",
    "subscription_replay",
    "subscription_dlq_list",
    "quota_status",
]

_ROUTES = """
GET /health | GET /metrics | GET /api/v1/metrics | GET /stats | GET /capabilities
POST /memories | GET /memories | POST /memories/bulk | GET /memories/{id} | PUT /memories/{id}
DELETE /memories/{id} | POST /memories/{id}/promote | GET /search | GET /recall | POST /recall
POST /forget | GET /contradictions | POST /consolidate | POST /links | DELETE /links
GET /links/{id} | GET /taxonomy | POST /check_duplicate | POST /entities | GET /entities/by_alias
GET /kg/timeline | POST /kg/invalidate | POST /kg/query | GET /namespaces | POST /namespaces
DELETE /namespaces | POST /namespaces/{ns}/standard | GET /namespaces/{ns}/standard
DELETE /namespaces/{ns}/standard | GET /archive | POST /archive | DELETE /archive
POST /archive/{id}/restore | GET /archive/stats | POST /gc | GET /export | POST /import
POST /agents | GET /agents | GET /pending | POST /pending/{id}/approve | POST /pending/{id}/reject
POST /approvals/{id} | GET /approvals/stream | POST /notify | GET /inbox | POST /session/start
POST /subscriptions | DELETE /subscriptions | GET /subscriptions | POST /sync/push | GET /sync/since
"""
REFERENCE_ROUTES = [route.strip() for route in re.split(r"[|\n]", _ROUTES) if route.strip()]

COMMANDS = [
    "store",
    "update",
    "recall",
    "search",
    "get",
    "list",
    "delete",
    "promote",
    "forget",
    "link",
    "resolve",
    "consolidate",
    "auto-consolidate",
    "gc",
    "stats",
    "namespaces",
    "export",
    "import",
    "mine",
    "shell",
    "sync",
    "archive",
    "agents",
    "pending",
    "backup",
    "restore",
    "completions",
    "man",
    "serve",
    "mcp",
    "sync-daemon",
    "curator",
    "doctor",
    "boot",
    "install",
    "wrap",
    "logs",
    "audit",
    "identity",
    "bench",
    "migrate",
    "governance",
]

_GOVERNANCE = "planned, with governance"
_AGENTS = "planned, with identity"
_MESSAGES = "planned, with messaging"
_EVENTS = "planned, with events"
_MESH = "planned, with the mesh"

TOOLS_ABSENT = {
    "verify": "planned, with identity: there is no signature to verify yet",
    "replay": "deliberately absent: nothing writes the transcripts it would replay",
    "namespace_set_standard": _GOVERNANCE,
    "namespace_get_standard": _GOVERNANCE,
    "namespace_clear_standard": _GOVERNANCE,
    "pending_list": _GOVERNANCE,
    "pending_approve": _GOVERNANCE,
    "pending_reject": _GOVERNANCE,
    "agent_register": _AGENTS,
    "agent_list": _AGENTS,
    "notify": _MESSAGES,
    "inbox": _MESSAGES,
    "subscribe": _EVENTS,
    "unsubscribe": _EVENTS,
    "list_subscriptions": _EVENTS,
    "subscription_replay": _EVENTS,
    "subscription_dlq_list": _EVENTS,
    "quota_status": "planned, with quotas",
}

ROUTES_ABSENT = {
    **dict.fromkeys(
        (
            "POST /namespaces",
            "DELETE /namespaces",
            "POST /namespaces/{ns}/standard",
            "GET /namespaces/{ns}/standard",
            "DELETE /namespaces/{ns}/standard",
            "GET /pending",
            "POST /pending/{id}/approve",
            "POST /pending/{id}/reject",
            "POST /approvals/{id}",
            "GET /approvals/stream",
        ),
        _GOVERNANCE,
    ),
    "POST /agents": _AGENTS,
    "GET /agents": _AGENTS,
    "POST /notify": _MESSAGES,
    "GET /inbox": _MESSAGES,
    "POST /subscriptions": _EVENTS,
    "DELETE /subscriptions": _EVENTS,
    "GET /subscriptions": _EVENTS,
    "POST /sync/push": _MESH,
    "GET /sync/since": _MESH,
}

COMMANDS_ABSENT = {
    "agents": _AGENTS,
    "pending": _GOVERNANCE,
    "governance": _GOVERNANCE,
    "identity": _AGENTS,
    "audit": "planned, with audit",
    "sync": _MESH,
    "sync-daemon": _MESH,
    "migrate": "planned, with the Postgres store",
    "mine": "here as `import`, which recognises Claude, ChatGPT and Slack exports by themselves",
    "man": "deliberately absent: `help COMMAND` shows the same text",
    "wrap": "deliberately absent: `boot` prints what it would put before the program's prompt",
    "shell": "deliberately absent: a shell with completions does more",
    "logs": "deliberately absent: logs go to stderr, where the system's log keeper finds them",
}


def compatibility(note: str) -> str:
    """The page.

    Raises:
        SystemExit: Something is neither here nor explained, or explained although it is here.
    """
    lines = [
        "# What of the reference implementation is here",
        note,
        "That something is here follows from the declarations. Parameters and result keys are on",
        "[operations.md](operations.md).",
        "",
    ]
    tools = {operation.wire.removeprefix("memory_") for operation in operations_on("mcp")}
    lines += _table("MCP tools", "memory_", TOOLS, tools, TOOLS_ABSENT)
    lines += _table("HTTP routes", "", REFERENCE_ROUTES, set(_routes_here()), ROUTES_ABSENT)
    names = commands().keys()
    here = {name for name in COMMANDS if any(n == name or n.startswith(name + "-") for n in names)}
    lines += _table("Commands", "ai-memory ", COMMANDS, here, COMMANDS_ABSENT)
    return "\n".join(lines)


def _routes_here() -> Iterator[str]:
    known = [(route.method, route.path) for route in ROUTES]
    known += [("GET", path) for path in METRICS_PATHS]
    known.append(("GET", HEALTH_PATH))
    for method, path in known:
        shape = re.sub(r"\{\w+\}", "{}", path)
        for route in REFERENCE_ROUTES:
            wanted, _, place = route.partition(" ")
            full = place if place.startswith("/api/") or place == "/metrics" else f"/api/v1{place}"
            if (wanted, re.sub(r"\{\w+\}", "{}", full)) == (method, shape):
                yield route


def _table(
    title: str, prefix: str, names: list[str], here: set[str], absent: dict[str, str]
) -> Iterator[str]:
    unknown = [name for name in names if name not in here and name not in absent]
    stale = [name for name in absent if name in here or name not in names]
    if unknown or stale:
        raise SystemExit(
            f"scripts/compatibility.py, {title}: say what became of {unknown}; "
            f"no longer absent: {stale}"
        )
    found = sum(name in here for name in names)
    yield from (f"## {title}: {found} of {len(names)} here", "", "| | state |", "|---|---|")
    for name in names:
        yield f"| `{prefix}{name}` | {'here' if name in here else absent[name]} |"
    yield ""

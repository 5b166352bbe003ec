"""Every operation over HTTP: status, fields, and an answer that is what the document says."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from tests.faces.http.running import JSON, Running, read_reply, require_error, require_raw_error

from ai_memory.faces.http.openapi import openapi
from ai_memory.faces.http.routes import ROUTES, Route, accepted_version
from ai_memory.operations.registry import OPERATIONS, command_type, operations_on
from ai_memory.operations.schema import input_schema

DOCUMENT = openapi("test", guarded=False)


def described(route: Route, status: int, body: Any) -> None:
    """The body is what the document says this route answers with this status."""
    verb = DOCUMENT["paths"][route.path][route.method.lower()]
    schema = verb["responses"][str(status)]["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(body)


def route(operation: str, method: str) -> Route:
    return next(row for row in ROUTES if (row.operation, row.method) == (operation, method))


def test_every_operation_of_this_face_has_a_route_and_no_other() -> None:
    assert {row.operation for row in ROUTES} == {each.name for each in operations_on("http")}


def test_routes_name_real_fields() -> None:
    operations = {each.name: each for each in OPERATIONS}
    for row in ROUTES:
        operation = operations[row.operation]
        fields = set(command_type(operation).__struct_fields__)
        named = {*row.path_fields, *row.aliases.values(), *row.lists}
        assert named | ({row.accept} - {None}) <= fields
        assert not set(row.aliases) & fields
        schema = input_schema(operation)["properties"]
        if row.takes_query:
            lists = {name for name, each in schema.items() if each.get("type") == "array"}
            assert set(row.lists) == lists
            assert not [name for name, each in schema.items() if each.get("type") == "object"]


def test_store_makes_201_and_says_what_was_stored(node: Running) -> None:
    answer = node.client.post(
        "/api/v1/memories",
        json={"title": "Coffee", "content": "Ada drinks it black.", "tags": ["drink"]},
        headers={"X-Agent-Id": "ai:ada"},
    )
    assert answer.status_code == 201
    body = answer.json()
    described(route("store_memory", "POST"), 201, body)
    assert body["title"] == "Coffee"
    assert body["namespace"] == "global"
    assert body["agent_id"] == body["metadata"]["agent_id"] == "ai:ada"


def test_several_are_stored_and_each_refusal_is_told(node: Running) -> None:
    node.store(title="Taken", content="Already here.")
    sent = [
        {"title": "One", "content": "First.", "tags": ["a"]},
        {"title": "Taken", "content": "Again."},
        {"title": "Two", "content": "Second.", "priority": 11},
        {"title": "Three", "content": "Third."},
        {"title": "Three", "content": "Third, revised.", "on_conflict": "merge"},
        {"titel": "Four"},
    ]
    answer = node.client.post("/api/v1/memories/bulk", json=sent, headers={"X-Agent-Id": "ai:b"})
    body = answer.json()
    described(route("store_many", "POST"), 200, body)
    assert body["created"] == 3
    assert [(e["index"], e["code"]) for e in body["errors"]] == [
        (1, "CONFLICT"),
        (2, "VALIDATION_FAILED"),
        (5, "VALIDATION_FAILED"),
    ]
    assert body["ids"][1] == body["ids"][2]
    stored = node.client.get(f"/api/v1/memories/{body['ids'][0]}").json()
    assert stored["metadata"]["agent_id"] == "ai:b"
    again = node.client.post("/api/v1/memories/bulk", json={"memories": [sent[0]]}).json()
    assert again["errors"][0]["code"] == "CONFLICT"
    too_many = [{"title": str(n), "content": "c"} for n in range(1_001)]
    refused = node.client.post("/api/v1/memories/bulk", json=too_many)
    require_error(refused, 400, "VALIDATION_FAILED")


def test_a_long_memory_is_stored_like_a_short_one(node: Running) -> None:
    content = "Ada drinks it black. " * 3_000
    stored = node.store(title="Coffee", content=content)
    assert node.client.get(f"/api/v1/memories/{stored['id']}").json()["content"] == content
    again = {"title": "Coffee", "content": content}
    require_error(node.client.post("/api/v1/memories", json=again), 409, "CONFLICT")
    more = {"title": "Long", "content": content, "tier": "huge"}
    require_error(node.client.post("/api/v1/memories", json=more), 400, "VALIDATION_FAILED")


def test_a_merge_answers_200(node: Running) -> None:
    first = node.store()
    answer = node.client.post(
        "/api/v1/memories",
        json={"title": "Tea", "content": "Grace takes lemon.", "on_conflict": "merge"},
    )
    assert answer.status_code == 200
    described(route("store_memory", "POST"), 200, answer.json())
    assert answer.json()["id"] == first["id"]
    assert answer.json()["duplicate"] is True


def test_a_conflict_answers_409_and_names_the_holder(node: Running) -> None:
    first = node.store()
    answer = node.client.post("/api/v1/memories", json={"title": "Tea", "content": "Other."})
    assert require_error(answer, 409, "CONFLICT")["existing_id"] == first["id"]


def test_get_update_history_delete(node: Running) -> None:
    path = f"/api/v1/memories/{node.store()['id']}"
    got = node.client.get(path)
    assert got.status_code == 200
    described(route("get_memory", "GET"), 200, got.json())
    assert got.json()["memory"]["title"] == "Tea"

    for method, content in (("PUT", "Grace takes lemon."), ("PATCH", "Grace takes nothing.")):
        updated = node.client.request(method, path, json={"content": content})
        assert updated.status_code == 200
        described(route("update_memory", method), 200, updated.json())
        assert updated.json()["content"] == content

    history = node.client.get(f"{path}/history", params={"limit": 2})
    described(route("memory_history", "GET"), 200, history.json())
    assert history.json()["total"] == 3
    assert history.json()["count"] == 2

    deleted = node.client.delete(path)
    assert deleted.status_code == 200
    described(route("delete_memory", "DELETE"), 200, deleted.json())
    require_error(node.client.get(path), 404, "NOT_FOUND")


def test_an_id_prefix_is_enough(node: Running) -> None:
    stored = node.store()
    assert node.client.get(f"/api/v1/memories/{stored['id'][:8]}").json()["id"] == stored["id"]


def test_promote_needs_no_body_and_takes_one(node: Running) -> None:
    stored = node.store(namespace="team/project")
    path = f"/api/v1/memories/{stored['id']}/promote"
    kept = node.client.post(path, headers=JSON)
    assert kept.status_code == 200
    described(route("promote_memory", "POST"), 200, kept.json())
    assert kept.json()["tier"] == "long"
    lifted = node.client.post(path, json={"to_namespace": "team"})
    assert lifted.json()["to_namespace"] == "team"


def test_list_takes_its_filters_from_the_query(node: Running) -> None:
    node.store(title="a", priority=9, tags=["x y", "z"])
    node.store(title="b", priority=2)
    answer = node.client.get("/api/v1/memories", params={"min_priority": "3", "tags": "x y"})
    assert answer.status_code == 200
    described(route("list_memories", "GET"), 200, answer.json())
    assert [each["title"] for each in answer.json()["memories"]] == ["a"]


def test_list_pages_by_cursor(node: Running) -> None:
    titles = {f"memory {number}" for number in range(5)}
    for title in titles:
        node.store(title=title)
    seen: list[str] = []
    params = {"limit": "2"}
    while True:
        page = node.client.get("/api/v1/memories", params=params).json()
        assert page["total"] == 5
        seen += [each["title"] for each in page["memories"]]
        if "next_cursor" not in page:
            break
        params["cursor"] = page["next_cursor"]
    assert sorted(seen) == sorted(titles)


@pytest.mark.parametrize("name", ["q", "query"])
def test_search_takes_q_and_query(node: Running, name: str) -> None:
    node.store()
    answer = node.client.get("/api/v1/search", params={name: '"takes milk"'})
    assert answer.status_code == 200
    described(route("search_memories", "GET"), 200, answer.json())
    assert answer.json()["count"] == 1
    assert answer.json()["query"] == '"takes milk"'


def test_search_without_a_query_is_refused(empty: Running) -> None:
    assert require_error(empty.client.get("/api/v1/search"), 400, "VALIDATION_FAILED")["field"]
    both = empty.client.get("/api/v1/search", params={"q": "a", "query": "b"})
    require_error(both, 400, "VALIDATION_FAILED")


def test_recall_by_get_and_by_post_is_one_operation(node: Running) -> None:
    node.store()
    fields = {
        "context": "who takes milk",
        "explain": True,
        "context_tokens": ["breakfast", "tea"],
    }
    params = {"context": "who takes milk", "explain": "true", "context_tokens": "breakfast,tea"}
    got = node.client.get("/api/v1/recall", params=params)
    posted = node.client.post("/api/v1/recall", json=fields)
    assert got.status_code == posted.status_code == 200
    described(route("recall_memories", "GET"), 200, got.json())
    described(route("recall_memories", "POST"), 200, posted.json())
    assert got.json() == posted.json()
    assert got.json()["memories"][0]["title"] == "Tea"


def test_the_body_of_a_get_is_ignored(node: Running) -> None:
    node.store()
    answer = node.client.request(
        "GET", "/api/v1/recall", params={"context": "milk"}, content=b"{not json", headers=JSON
    )
    assert answer.json()["count"] == 1


def test_figures_and_names(node: Running) -> None:
    node.store()
    for operation, path in (
        ("memory_stats", "/api/v1/stats"),
        ("list_namespaces", "/api/v1/namespaces"),
        ("memory_health", "/api/v1/health"),
        ("memory_capabilities", "/api/v1/capabilities"),
    ):
        answer = node.client.get(path)
        assert answer.status_code == 200
        described(route(operation, "GET"), 200, answer.json())
    assert node.total() == 1
    assert node.client.get("/api/v1/namespaces").json()["namespaces"] == [
        {"namespace": "global", "count": 1}
    ]
    assert node.client.get("/api/v1/health").json()["status"] == "ok"


@pytest.mark.parametrize(
    ("header", "version"),
    [("v1", None), ("V1", None), ("1", None), ("v2", "2"), ("2", "2"), ("v3", "3"), ("x", "3")],
)
def test_capabilities_speaks_the_accepted_version(
    empty: Running, header: str, version: str | None
) -> None:
    answer = empty.client.get("/api/v1/capabilities", headers={"Accept-Capabilities": header})
    assert answer.json().get("schema_version") == version


def test_the_accepted_version_may_be_written_loosely() -> None:
    assert [accepted_version(text) for text in (" V1 ", "1", "v2 ", "", "*/*")] == [
        "v1", "v1", "v2", "v3", "v3",
    ]  # fmt: skip


def test_capabilities_speaks_the_newest_version_unless_asked(empty: Running) -> None:
    assert empty.client.get("/api/v1/capabilities").json()["schema_version"] == "3"
    asked = empty.client.get("/api/v1/capabilities", params={"accept": "v2"})
    assert asked.json()["schema_version"] == "2"


def test_import_reports_bad_records_and_keeps_the_rest(node: Running) -> None:
    answer = node.client.post(
        "/api/v1/import",
        json={"memories": [{"title": "a", "content": "b"}, {"title": "", "content": "c"}]},
    )
    assert answer.status_code == 200
    described(route("import_memories", "POST"), 200, answer.json())
    assert answer.json()["imported"] == 1
    assert [each["index"] for each in answer.json()["errors"]] == [1]


def test_head_is_a_get_without_the_body(empty: Running) -> None:
    answer = empty.client.head("/api/v1/health")
    assert answer.status_code == 200
    assert answer.content == b""


def test_a_caller_who_says_nothing_is_anonymous_anew_each_time(node: Running) -> None:
    agents = {node.store(title=title)["agent_id"] for title in "abc"}
    assert len(agents) == 3
    assert all(agent.startswith("anonymous:req-") and len(agent) == 22 for agent in agents)


def test_the_body_names_an_agent_before_the_header_does(node: Running) -> None:
    answer = node.client.post(
        "/api/v1/memories",
        json={"title": "Tea", "content": "Milk.", "agent_id": "ai:body"},
        headers={"X-Agent-Id": "ai:header"},
    )
    assert answer.json()["agent_id"] == "ai:body"


@pytest.mark.parametrize("agent", ["a b", "ä", "x" * 129, "<script>"])
def test_an_agent_id_is_checked(empty: Running, agent: str) -> None:
    answer = empty.client.get(
        "/api/v1/recall", params={"context": "x"}, headers={b"X-Agent-Id": agent.encode("latin-1")}
    )
    assert require_error(answer, 400, "VALIDATION_FAILED")["field"] == "agent_id"


def test_the_path_and_the_body_must_name_one_memory(node: Running) -> None:
    stored = node.store()
    path = f"/api/v1/memories/{stored['id']}"
    same = node.client.put(path, json={"id": stored["id"], "priority": 7})
    assert same.json()["priority"] == 7
    other = node.client.put(path, json={"id": "another", "priority": 8})
    assert require_error(other, 400, "VALIDATION_FAILED")["field"] == "id"


def test_a_query_beside_a_body_is_refused(empty: Running) -> None:
    answer = empty.client.post(
        "/api/v1/memories?namespace=x", json={"title": "Tea", "content": "Milk."}
    )
    require_error(answer, 400, "VALIDATION_FAILED")
    assert empty.total() == 0


def test_an_unknown_field_names_the_nearest(empty: Running) -> None:
    answer = empty.client.post("/api/v1/memories", json={"titel": "Tea", "content": "Milk."})
    assert "title" in require_error(answer, 400, "VALIDATION_FAILED")["hint"]
    queried = empty.client.get("/api/v1/memories", params={"namespce": "x"})
    assert "namespace" in require_error(queried, 400, "VALIDATION_FAILED")["hint"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=1&limit=2", "limit=x", "limit=-1", "limit=", "tags=%zz", "tags=%", "tags=%ff",
        "tags=%00", "tier=huge", "min_priority=11", "since=soonish", "cursor=%F0%9F%98%80",
        "a=" + "x" * 30_000, "&".join(f"k{number}=1" for number in range(2_000)), "=", "=1",
        "namespace=a%20b", "agent_id=a%20b", "%74ags=a&tags=b", "offset=" + "9" * 400,
    ],
)  # fmt: skip
def test_a_malformed_query_is_refused(empty: Running, query: str) -> None:
    require_error(empty.client.get(f"/api/v1/memories?{query}"), 400, "VALIDATION_FAILED")


@pytest.mark.parametrize("identifier", ["%zz", "%", "%ff", "%00", "%20", "x" * 200])
def test_a_malformed_id_is_refused(empty: Running, identifier: str) -> None:
    with empty.connect() as connection:
        path = f"/api/v1/memories/{identifier}"
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        require_raw_error(read_reply(connection), 400, "VALIDATION_FAILED")


def test_forget_takes_its_fields_from_the_query_too(node: Running) -> None:
    client = node.client
    for number in range(3):
        stored = {"title": f"walrus {number}", "content": "c", "namespace": "a"}
        assert client.post("/api/v1/memories", json=stored).status_code == 201
    dry = client.post("/api/v1/forget?pattern=walrus&namespace=a&dry_run=true", headers=JSON)
    assert dry.json()["would_delete"] == 3
    twice = client.post("/api/v1/forget?pattern=walrus", json={"pattern": "walrus"})
    assert (twice.status_code, twice.json()["field"]) == (400, "pattern")
    unknown = client.post("/api/v1/forget?patern=walrus", headers=JSON)
    assert (unknown.status_code, unknown.json()["field"]) == (400, "patern")
    both = client.post("/api/v1/forget?pattern=walrus", json={"tier": "mid"})
    assert both.json()["deleted"] == 3
    listed = client.get("/api/v1/archive?limit=1").json()
    assert (listed["total"], listed["count"]) == (3, 1)
    restored = client.post(f"/api/v1/archive/{listed['archived'][0]['id']}/restore", headers=JSON)
    assert restored.json()["restored"] is True
    assert client.delete("/api/v1/archive?older_than_days=1").json()["purged"] == 0
    assert client.delete("/api/v1/archive").json()["purged"] == 2
    assert client.get("/api/v1/archive/stats").json()["archived_total"] == 0
    assert client.post("/api/v1/gc?dry_run=true", headers=JSON).json()["collected"] == 0

"""The OpenAPI document is whole and says what the routes are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from tests.faces.http.running import Running

from ai_memory.faces.http.openapi import openapi
from ai_memory.faces.http.routes import HEALTH_PATH, METRICS_PATHS, OPENAPI_PATH, ROUTES

DOCUMENT = openapi("1.2.3", guarded=True)


def verbs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in DOCUMENT["paths"].items():
        for method, verb in item.items():
            yield path, method, verb


def objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from objects(inner)


def test_it_is_served(empty: Running) -> None:
    first = empty.client.get(OPENAPI_PATH)
    assert first.status_code == 200
    assert first.headers["content-type"] == "application/json"
    assert first.content == empty.client.get(OPENAPI_PATH).content
    assert set(first.json()["paths"]) == set(DOCUMENT["paths"])


def test_it_has_the_members_openapi_requires() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert DOCUMENT["info"]["version"] == "1.2.3"
    assert DOCUMENT["info"]["title"]
    names = [verb["operationId"] for _path, _method, verb in verbs()]
    assert len(names) == len(set(names))
    for path, _method, verb in verbs():
        assert verb["responses"]
        assert all(response["description"] for response in verb["responses"].values())
        inside = {each["name"] for each in verb.get("parameters", ()) if each["in"] == "path"}
        assert all(f"{{{name}}}" in path for name in inside)
        assert path.count("{") == len(inside)
        for each in verb.get("parameters", ()):
            assert each["in"] in ("path", "query", "header")
            assert each["schema"]


def test_every_reference_leads_somewhere_and_every_schema_is_one() -> None:
    for each in objects(DOCUMENT):
        if "$ref" in each:
            found: Any = DOCUMENT
            for step in each["$ref"].removeprefix("#/").split("/"):
                found = found[step]
        if "schema" in each:
            Draft202012Validator.check_schema(each["schema"])
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_it_has_every_route_and_no_other() -> None:
    shown = {(path, method.upper()) for path, method, _verb in verbs()}
    pages = {(path, "GET") for path in (*METRICS_PATHS, OPENAPI_PATH)}
    assert shown == pages | {(route.path, route.method) for route in ROUTES}


def test_every_refusal_has_the_one_shape() -> None:
    for _path, _method, verb in verbs():
        for status, response in verb["responses"].items():
            if int(status) >= 400:
                content = response["content"]["application/json"]
                assert content == {"schema": {"$ref": "#/components/schemas/Error"}}
    assert DOCUMENT["components"]["schemas"]["Error"]["required"] == [
        "error", "code", "message", "hint",
    ]  # fmt: skip


def test_search_shows_the_name_its_clients_use() -> None:
    search = DOCUMENT["paths"]["/api/v1/search"]["get"]["parameters"]
    assert next(each for each in search if each["name"] == "q")["required"] is True
    assert "query" not in {each["name"] for each in search}


def test_health_alone_needs_no_key() -> None:
    assert DOCUMENT["security"]
    free = {path for path, _method, verb in verbs() if verb.get("security") == []}
    assert free == {HEALTH_PATH}
    assert "security" not in openapi("1.2.3", guarded=False)

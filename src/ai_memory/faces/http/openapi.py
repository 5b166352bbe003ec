"""The OpenAPI document: from the routes and the declarations, so it cannot drift from them."""

from __future__ import annotations

from typing import Any, Final, get_args, get_type_hints

import msgspec

from ai_memory import limits
from ai_memory.faces.http.routes import HEALTH_PATH, METRICS_PATHS, OPENAPI_PATH, ROUTES, Route
from ai_memory.model import field
from ai_memory.operations.registry import OPERATIONS, Operation, command_type, result_type
from ai_memory.operations.schema import description_of, summary_of

_REFERENCE: Final = "#/components/schemas/"
_ERROR: Final = {
    "type": "object",
    "description": "Every error: branch on code, show message, follow hint.",
    "properties": {
        "error": {"type": "string", "description": "The message again, for older clients."},
        "code": {"type": "string", "description": "Stable; VALIDATION_FAILED, NOT_FOUND, …"},
        "message": {"type": "string"},
        "hint": {"type": "string", "description": "What to do next."},
        "field": {"type": "string", "description": "The field at fault, where there is one."},
    },
    "required": ["error", "code", "message", "hint"],
    "additionalProperties": True,
}
_WHY: Final = {
    "400": "A field is unknown, missing or malformed.",
    "401": "The API key is missing or wrong.",
    "403": "Host or Origin is not accepted, or policy says no.",
    "404": "Nothing live has this id.",
    "409": "The title is taken.",
    "413": f"The body exceeds {limits.HTTP_BODY_BYTES_MAX} bytes.",
    "415": "The body is not declared as application/json.",
    "502": "The language model answers, but with nothing of use.",
    "503": "The store or a model is missing, busy or not answering, or the node is stopping.",
}


def openapi_json(version: str, *, guarded: bool) -> bytes:
    """The document as JSON; `guarded` when the node asks for an API key."""
    return msgspec.json.encode(openapi(version, guarded=guarded))


def openapi(version: str, *, guarded: bool) -> dict[str, Any]:
    """The document, OpenAPI 3.1."""
    operations = {operation.name: operation for operation in OPERATIONS}
    routed = [operations[name] for name in dict.fromkeys(route.operation for route in ROUTES)]
    kinds = [kind(each) for each in routed for kind in (command_type, result_type)]
    references, schemas = msgspec.json.schema_components(
        kinds, ref_template=f"{_REFERENCE}{{name}}"
    )
    named = dict(zip(kinds, references, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        operation = operations[route.operation]
        command = schemas[named[command_type(operation)]["$ref"].removeprefix(_REFERENCE)]
        answer = named[result_type(operation)]
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(
            operation, route, command, answer
        )
    paths |= _pages()
    for operation in routed:  # commands are shown as parameters and bodies, field by field
        del schemas[named[command_type(operation)]["$ref"].removeprefix(_REFERENCE)]
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "ai-memory",
            "version": version,
            "summary": "Durable memory for AI agents.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Error": _ERROR},
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }
    if guarded:
        document["security"] = [{"key": []}, {"bearer": []}]
        paths[HEALTH_PATH]["get"]["security"] = []
    return document


def _operation(
    operation: Operation, route: Route, command: dict[str, Any], answer: dict[str, Any]
) -> dict[str, Any]:
    """One verb of one path."""
    kind = command_type(operation)
    fields: dict[str, Any] = command["properties"]
    required: list[str] = command.get("required", [])
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": fields[name]}
        for name in route.path_fields
    ]
    others = {name: fields[name] for name in fields if name not in route.path_fields}
    wanted = [name for name in required if name in others]
    described: dict[str, Any] = {
        "operationId": f"{operation.name}_{route.method.lower()}",
        "summary": summary_of(kind),
        "description": description_of(kind),
        "tags": [operation.family],
    }
    if route.takes_query or route.query_too:
        shown = {field: alias for alias, field in route.aliases.items()}
        parameters += [
            _query_parameter(
                shown.get(name, name),
                schema,
                name in wanted and route.takes_query,
                name in route.lists,
            )
            for name, schema in others.items()
        ]
    if not route.takes_query and others:
        body: dict[str, Any] = {
            "type": "object",
            "properties": others,
            "additionalProperties": False,
        }
        if wanted:
            body["required"] = wanted
        if route.array is not None:
            body = {"anyOf": [body, fields[route.array]]}
        described["requestBody"] = {
            "required": bool(wanted),
            "content": {"application/json": {"schema": body}},
        }
    parameters.append(
        {
            "name": "X-Agent-Id",
            "in": "header",
            "description": "Who asks; letters, digits and _-:@./",
            "schema": {"type": "string", "maxLength": limits.AGENT_ID_CHARS_MAX},
        }
    )
    if command_type(operation).at_home:
        parameters.append(
            {
                "name": "X-Namespace",
                "in": "header",
                "description": "The namespace of your own project, percent-encoded: what is meant "
                "where a request names none. Without it, the node's setting; then `global`.",
                "schema": {"type": "string"},
            }
        )
    if route.accept is not None:
        parameters.append(
            {
                "name": "Accept-Capabilities",
                "in": "header",
                "description": "v1, v2, or anything else for v3.",
                "schema": {"type": "string"},
            }
        )
    described["parameters"] = parameters
    described["responses"] = _responses(route, operation, answer, names_one=_names_one(kind))
    return described


def _query_parameter(
    name: str, schema: dict[str, Any], required: bool, is_list: bool
) -> dict[str, Any]:
    parameter: dict[str, Any] = {"name": name, "in": "query", "schema": schema}
    if required:
        parameter["required"] = True
    if is_list:  # one parameter, its items separated by commas
        parameter |= {"style": "form", "explode": False}
    return parameter


def _names_one(command: type) -> bool:
    """Whether a command speaks of a memory that may not be there."""
    return any(
        _speaks_of_one(hint) for hint in get_type_hints(command, include_extras=True).values()
    )


def _speaks_of_one(hint: Any) -> bool:
    """Whether a type is a memory's id, or is made of such: a list of them, or one or none."""
    return hint == field.MemoryId or any(_speaks_of_one(part) for part in get_args(hint))


def _responses(
    route: Route, operation: Operation, answer: dict[str, Any], *, names_one: bool
) -> dict[str, Any]:
    content = {"application/json": {"schema": answer}}
    if operation.streams:  # JSON Lines; a schema for one line would be taken for one of the whole
        content = {"application/x-ndjson": {"schema": {"type": "string"}}}
    responses: dict[str, Any] = {str(route.status): {"description": "Done.", "content": content}}
    if route.repeated is not None or route.made is not None:
        responses["200"] = {
            "description": "It was here already and was revised.",
            "content": content,
        }
    refused = ["400", "401", "403", "503"]
    if names_one or route.path_fields:
        refused.append("404")
    if not route.takes_query:
        refused += ["409", "413", "415"]
    if operation.consults:
        refused.append("502")
    for status in refused:
        responses[status] = {"description": _WHY[status], "content": _error_content()}
    return dict(sorted(responses.items()))


def _pages() -> dict[str, dict[str, Any]]:
    """What is no operation."""
    pages: dict[str, dict[str, Any]] = {
        path: {
            "get": {
                "operationId": "metrics" if path == METRICS_PATHS[0] else "metrics_api",
                "summary": "Figures for Prometheus.",
                "tags": ["meta"],
                "responses": {
                    "200": {
                        "description": "The text format.",
                        "content": {"text/plain": {"schema": {"type": "string"}}},
                    },
                    "401": {"description": _WHY["401"], "content": _error_content()},
                },
            }
        }
        for path in METRICS_PATHS
    }
    pages[OPENAPI_PATH] = {
        "get": {
            "operationId": "openapi",
            "summary": "This document.",
            "tags": ["meta"],
            "responses": {
                "200": {
                    "description": "OpenAPI 3.1.",
                    "content": {"application/json": {"schema": {"type": "object"}}},
                },
                "401": {"description": _WHY["401"], "content": _error_content()},
            },
        }
    }
    return pages


def _error_content() -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"{_REFERENCE}Error"}}}

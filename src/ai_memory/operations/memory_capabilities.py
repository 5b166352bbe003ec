"""What this node can do: computed from what is present, so it cannot lie."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ai_memory.errors import ValidationFailed
from ai_memory.model.command import Command
from ai_memory.operations.profile import ALWAYS_ON, families_of, tools_of
from ai_memory.operations.registry import FAMILIES, command_type, operations_on
from ai_memory.operations.serving import vectors_problem
from ai_memory.operations.step import Context
from ai_memory.ports import Reader


class MemoryCapabilities(Command, frozen=True, kw_only=True):
    """Tell what this node can do now: feature level, models, tools, and how to get more."""

    accept: Annotated[
        Literal["v1", "v2", "v3", "1", "2", "3"],
        Meta(description="Version of the document; v3 unless given."),
    ] = "v3"
    family: Annotated[str, Meta(description="List the tools of one family instead.")] | None = None
    include_schema: Annotated[bool, Meta(description="With family: the tools' schemas too.")] = (
        False
    )
    verbose: Annotated[bool, Meta(description="With include_schema: every optional field.")] = False


class CapabilitiesResult(msgspec.Struct, kw_only=True):
    """The document; its keys depend on `accept` and `family`."""

    tier: str | UnsetType = UNSET
    version: str | UnsetType = UNSET
    features: dict[str, Any] | UnsetType = UNSET
    models: dict[str, Any] | UnsetType = UNSET
    schema_version: str | UnsetType = UNSET
    permissions: dict[str, Any] | UnsetType = UNSET
    hooks: dict[str, Any] | UnsetType = UNSET
    compaction: dict[str, Any] | UnsetType = UNSET
    approval: dict[str, Any] | UnsetType = UNSET
    transcripts: dict[str, Any] | UnsetType = UNSET
    hnsw: dict[str, Any] | UnsetType = UNSET
    workers: int | UnsetType = UNSET
    families: dict[str, Any] | UnsetType = UNSET
    summary: str | UnsetType = UNSET
    to_describe_to_user: str | UnsetType = UNSET
    tools: list[Any] | UnsetType = UNSET
    family: str | UnsetType = UNSET
    loaded_under_active_profile: bool | UnsetType = UNSET
    verbose: bool | UnsetType = UNSET


def memory_capabilities(
    command: MemoryCapabilities, rows: Reader, context: Context
) -> CapabilitiesResult:
    """Run MemoryCapabilities.

    Raises:
        ValidationFailed: The family does not exist.
    """
    if command.family is not None:
        return _family(command, context)
    version = command.accept.lstrip("v")
    facts = context.facts
    embedder = facts.embedder
    embedder_problem = vectors_problem(rows, context)
    searches_vectors = embedder is not None and embedder_problem is None
    reranker = context.reranker
    # Live: a reranker that failed or was late the last time is not called active.
    rerank_problem = facts.reranker_problem if reranker is None else reranker.problem
    reranker_active = "neural" if reranker is not None and rerank_problem is None else "lexical"
    language_model = context.language_model
    llm_problem = facts.language_model_problem if language_model is None else language_model.problem
    features: dict[str, Any] = {
        "keyword_search": True,
        "semantic_search": searches_vectors,
        "hybrid_recall": searches_vectors,
        "query_expansion": language_model is not None,
        "auto_consolidation": False,
        "auto_tagging": language_model is not None,
        "contradiction_analysis": language_model is not None,
        "cross_encoder_reranking": reranker_active == "neural",
        "memory_reflection": False,
        "embedder_loaded": embedder is not None,
    }
    models = {
        "embedding": "none" if embedder is None else embedder.id,
        "embedding_dim": 0 if embedder is None else embedder.dim,
        "llm": facts.language_model or "none",
        "cross_encoder": facts.reranker or "none",
    }
    if version == "1":
        return CapabilitiesResult(
            tier=facts.level, version=facts.version, features=features, models=models
        )
    features |= {
        "memory_reflection": _planned(),
        "recall_mode_active": (
            "hybrid" if searches_vectors else "disabled" if facts.level == "keyword" else "degraded"
        ),
        "reranker_active": reranker_active,
    }
    if rerank_problem:
        features["reranker_problem"] = rerank_problem
    if llm_problem:
        features["llm_problem"] = llm_problem
    if embedder_problem:
        features["embedder_problem"] = embedder_problem
    document = CapabilitiesResult(
        schema_version=version,
        tier=facts.level,
        version=facts.version,
        features=features,
        models=models,
        permissions={
            "mode": "off",
            "active_rules": 0,
            "inheritance": "enforced",
            "decision_counts": {"enforce": 0, "advisory": 0, "off": 0},
        },
        hooks={"registered_count": 0, "webhook_events": []},
        compaction=_planned(),
        approval={"pending_requests": 0},
        transcripts=_planned(),
        hnsw={
            "evictions_total": 0,
            "evicted_recently": False,
            "vectors": rows.window_count(),
        },
        workers=facts.workers,
        families=_overlay(context),
    )
    if version == "3":
        document.summary, document.to_describe_to_user = _sentences(context)
        loaded = {operation.wire for operation in tools_of(facts.profile)}
        document.tools = [
            {
                "name": operation.wire,
                "family": operation.family,
                "loaded": operation.wire in loaded,
                "callable_now": operation.wire in loaded,
            }
            for operation in operations_on("mcp")
        ]
    return document


def _planned() -> dict[str, Any]:
    return {"planned": True, "enabled": False}


def _overlay(context: Context) -> dict[str, Any]:
    loaded = families_of(context.facts.profile)
    rows = []
    for family in FAMILIES:
        tools = [operation.wire for operation in operations_on("mcp") if operation.family == family]
        rows.append(
            {
                "name": family,
                "tool_count": len(tools),
                "loaded": family in loaded,
                "tools": tools,
            }
        )
    return {
        "schema_version": "v0.6.4-families-1",
        "always_on": list(ALWAYS_ON),
        "families": rows,
    }


def _sentences(context: Context) -> tuple[str, str]:
    """The operator's summary and the user's, in words."""
    profile = context.facts.profile
    every = operations_on("mcp")
    visible = tools_of(profile)
    unloaded = len(every) - len(visible)
    summary = (
        f"{len(visible)} of {len(every)} tools ({profile}) are loaded; {unloaded} are listed in "
        "this manifest. To use more, restart the server with --profile <family> or --profile full; "
        "memory_capabilities(family=<name>, include_schema=true) shows a family's schemas. "
        "A call to a tool that is not loaded answers JSON-RPC -32602 and names its family."
    )
    names = [operation.method for operation in visible if operation.wire != "memory_capabilities"]
    others = [operation.method for operation in every if operation not in visible]
    preview = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    if others:
        user = (
            f"I can directly use {len(names)} memory tools right now ({preview}). "
            f"{len(others)} more ({', '.join(others[:4])}, etc.) are available on demand: restart "
            "the server with a different profile to load them."
        )
    else:
        user = (
            f"I can directly use all {len(names)} memory tools right now ({preview}). "
            "Nothing more to load."
        )
    return summary, user


def _family(command: MemoryCapabilities, context: Context) -> CapabilitiesResult:
    if command.family not in FAMILIES:
        raise ValidationFailed(
            f"unknown family '{command.family}'",
            hint=f"Families: {', '.join(FAMILIES)}.",
            field="family",
        )
    operations = [
        operation for operation in operations_on("mcp") if operation.family == command.family
    ]
    result = CapabilitiesResult(
        schema_version="v0.6.4-family-list-1",
        family=command.family,
        loaded_under_active_profile=command.family in families_of(context.facts.profile),
        tools=[operation.wire for operation in operations],
    )
    if command.include_schema:
        from ai_memory.operations.schema import input_schema, summary_of

        result.schema_version = "v0.6.4-family-schemas-1"
        result.verbose = command.verbose
        result.tools = [
            {
                "name": operation.wire,
                "description": summary_of(command_type(operation)),
                "inputSchema": input_schema(operation, required_only=not command.verbose),
            }
            for operation in operations
        ]
    return result

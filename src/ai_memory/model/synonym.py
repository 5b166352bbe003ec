"""Names callers use for a field that has another one, and which field they mean.

A model that has met other memories says `query` where this one says `context`. The name is taken
where it can mean one field only; otherwise the error names those it may mean. Fields that mean
something else in another unit or direction (`ttl`, `priority` of a search) are not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ai_memory import late

_HUMP: Final = late.pattern(r"(?<=[a-z0-9])(?=[A-Z])")

_NAMES_OF: Final[Mapping[tuple[str, ...], str]] = {
    # The fields a group of names may mean, the likeliest first: the first that a command has.
    ("context", "query", "intent", "topic"): "query q question search search_query search_text "
    "search_term prompt situation context pattern intent keyword keywords term topic",
    # What it matches is taken away: only names of a few words, none of a question's.
    ("pattern",): "query q search search_query search_term keyword keywords term",
    ("context", "query", "intent", "content", "summary"): "text input message",
    ("content", "summary"): "content body memory fact note value observation summary information",
    ("title", "canonical_name", "alias", "family"): "name",
    ("title",): "subject heading headline key",
    ("canonical_name", "alias"): "entity entity_name canonical_name label",
    ("alias", "aliases"): "aka also_known_as alternative_names names aliases alias",
    ("namespace", "namespace_prefix"): "namespace ns project project_name project_id workspace "
    "space collection",
    ("namespace_prefix",): "prefix root",
    ("to_namespace",): "target_namespace new_namespace",
    ("tags",): "tag labels categories category topics tag_filter",
    ("relation", "relations"): "relation relationship relation_type relationship_type rel "
    "link_type predicate edge_type relations relationships relation_types type",
    ("limit", "k", "max_results"): "limit k top_k topk n max_results num_results n_results "
    "result_limit results_limit max_items page_size per_page size count",
    ("budget_tokens",): "max_tokens token_budget tokens_budget token_limit budget",
    ("context_tokens",): "history conversation recent_turns conversation_history",
    ("min_relevance", "threshold"): "threshold min_score score_threshold relevance_threshold "
    "similarity_threshold min_similarity min_relevance relevance similarity",
    ("since", "valid_from"): "start start_date start_time from_date date_from",
    ("until", "valid_until"): "end end_date end_time to_date date_to",
    ("since",): "from after created_after newer_than",
    ("until",): "to before created_before",
    ("source_id",): "from source from_id src src_id start_id start_node from_memory source_memory "
    "source_memory_id",
    ("target_id",): "to target to_id dst dst_id destination end_id end_node to_memory "
    "target_memory target_memory_id",
    ("id_a",): "id1 id_1 a first first_id memory_a memory_id_a memory_id_1",
    ("id_b",): "id2 id_2 b second second_id memory_b memory_id_b memory_id_2",
    ("ids", "id"): "memory_ids id_list memories",
    ("max_depth", "depth"): "depth max_depth hops max_hops levels max_levels",
    ("valid_at", "as_of"): "at at_time when as_of",
    ("as_recorded_at",): "recorded_at known_at as_recorded as_known_at",
    ("include_invalidated",): "include_invalid include_inactive with_invalidated",
    ("allowed_agents",): "agents agent_ids observers observed_by",
    ("agent_id",): "agent agent_name",
    ("priority",): "importance",
    ("min_priority",): "minimum_priority priority_min min_importance",
    ("confidence",): "certainty",
    ("metadata",): "meta attributes properties extra custom_metadata",
    ("ttl_secs",): "ttl_seconds ttl_sec expires_in_seconds",
    ("expires_at",): "expires expiry expiration expiration_date expire_at expires_on",
    ("on_conflict",): "if_exists conflict conflict_strategy",
    ("version",): "version_number number to_version",
    ("from_version",): "from old_version version_a version1 version_1",
    ("to_version",): "to new_version version_b version2 version_2",
    ("older_than_days",): "days min_age_days",
    ("dry_run",): "dryrun preview simulate",
    ("direction",): "dir link_direction",
    ("tier",): "retention retention_tier memory_tier",
    ("explain",): "explanation with_explanation include_explanation",
    ("include_schema",): "with_schema include_schemas schema",
    ("accept",): "version accept_version",
}
_MEMORY: Final = frozenset(("id", "memory_id", "mem_id", "uuid", "memory_uuid", "identifier"))
"""Names of the one memory a command is about."""


def spelled(name: str) -> str:
    """A name as fields are written: `budgetTokens`, `Budget-Tokens` as `budget_tokens`."""
    return _HUMP.sub("_", name).replace("-", "_").replace(" ", "_").lower()


def fields_meant(name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """The fields of a command that a name may mean.

    Args:
        name: None of them, as it was given.
        known: The command's fields.

    Returns:
        None, one that is meant, or several between which the caller must choose.
    """
    name = spelled(name)
    if name in known:
        return (name,)
    if name in _MEMORY:
        ends = tuple(
            field for field in ("source_id", "target_id", "id_a", "id_b") if field in known
        )
        return next(((field,) for field in ("id", "ids") if field in known), ends)
    meant = [
        next((field for field in fields if field in known), None)
        for fields, names in _NAMES_OF.items()
        if name in names.split()
    ]
    return tuple(dict.fromkeys(field for field in meant if field is not None))

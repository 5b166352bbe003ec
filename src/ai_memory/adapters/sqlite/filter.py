"""A Filter as SQL over `m` (memory) and `v` (version): mechanical, tested against `matches`."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from ai_memory.model.link import LinkCursor, LinkFilter
from ai_memory.model.name import apart
from ai_memory.model.query import ArchiveCursor, ArchiveFilter, Filter, ListCursor

# An index knows the few that say anything under such a name; only the newest version counts.
_MARKED: Final = (
    "m.id IN (SELECT f.memory_id FROM version AS f WHERE f.metadata ->> '$.mark' = :f_mark) "
    "AND v.metadata ->> '$.mark' = :f_mark"
)


class Compiled(NamedTuple):
    """A condition and its bindings.

    Attributes:
        sql: A boolean expression; names bindings only.
        bindings: Values by name.
        needs_version: Whether the expression reads `v`.
    """

    sql: str
    bindings: dict[str, Any]
    needs_version: bool

    @property
    def version_join(self) -> str:
        """The join that makes `v` readable, where it is needed."""
        return "JOIN version AS v ON v.key = m.version_key" if self.needs_version else ""


LIVE: Final = "(m.expires_at IS NULL OR m.expires_at > :f_now)"
LIVE_BY_KEY: Final = """m.key NOT IN (
    SELECT key FROM memory INDEXED BY memory_by_expiry WHERE expires_at <= :f_now)"""
"""The same, for thousands of memories: their rows need not be read, and few have expired."""


def compile_filter(where: Filter, live: str = LIVE) -> Compiled:
    """Translate a filter; `live` tells who has not expired."""
    located = compile_place(where)
    parts = [live, located.sql]
    bindings = located.bindings
    for field, sql in (
        ("agent_id", "m.agent_id = :f_agent_id"),
        ("min_priority", "m.priority >= :f_min_priority"),
        ("since", "m.created_at >= :f_since"),
        ("until", "m.created_at <= :f_until"),
        (
            "tag",
            "EXISTS (SELECT 1 FROM json_each(v.tags) AS t WHERE t.value IN (:f_tag, :f_tag_apart))",
        ),
        ("family", _MARKED.replace("mark", "family")),
        ("topic", _MARKED.replace("mark", "topic")),
    ):
        value = getattr(where, field)
        if value is not None:
            parts.append(sql)
            bindings[f"f_{field}"] = value
    if where.tag is not None:
        bindings["f_tag_apart"] = apart(where.tag)
    if where.visible is not None:
        rules = []
        for number, rule in enumerate(where.visible):
            scope, within = f"f_scope{number}", f"f_within{number}"
            bindings[scope] = rule.scope
            sql = f"m.scope = :{scope}"
            if rule.within is not None:
                bindings[within] = rule.within
                place = f"m.namespace = :{within}"
                if rule.below:
                    prefix = f"f_below{number}"
                    bindings[prefix] = rule.within + "/"
                    place += f" OR substr(m.namespace, 1, length(:{prefix})) = :{prefix}"
                sql += f" AND ({place})"
            rules.append(f"({sql})")
        parts.append(f"({' OR '.join(rules) if rules else 'false'})")
    return Compiled(
        " AND ".join(parts),
        bindings,
        needs_version=any(one is not None for one in (where.tag, where.family, where.topic)),
    )


def compile_place(where: Filter) -> Compiled:
    """Translate what the tally knows: the namespaces and the tier, and not the expiry.

    The columns stand without a table: `tally` has them as well as `memory`.
    """
    parts = ["true"]
    bindings: dict[str, Any] = {"f_now": where.now}
    if where.namespaces is not None:
        if len(where.namespaces) == 1:
            parts.append("namespace = :f_namespace")
            bindings["f_namespace"] = where.namespaces[0]
        else:
            parts.append("namespace IN (SELECT value FROM json_each(:f_namespaces))")
            bindings["f_namespaces"] = msgspec.json.encode(where.namespaces).decode()
    if where.tier is not None:
        parts.append("tier = :f_tier")
        bindings["f_tier"] = where.tier
    return Compiled(" AND ".join(parts), bindings, needs_version=False)


def compile_after(after: ListCursor | None) -> tuple[str, dict[str, Any]]:
    """The rows that sort behind a cursor in list order."""
    if after is None:
        return "true", {}
    return (
        (
            "(m.priority < :c_priority OR (m.priority = :c_priority AND (m.updated_at < "
            ":c_updated_at OR (m.updated_at = :c_updated_at AND m.id > :c_id))))"
        ),
        {"c_priority": after.priority, "c_updated_at": after.updated_at, "c_id": after.id},
    )


def compile_archive(where: ArchiveFilter, after: ArchiveCursor | None) -> Compiled:
    """Translate an archive filter and cursor, over `a` (archived)."""
    parts: list[str] = []
    bindings: dict[str, Any] = {}
    for name, sql in (
        ("namespace", "a.namespace = :f_namespace"),
        ("reason", "a.reason = :f_reason"),
        ("since", "a.archived_at >= :f_since"),
        ("until", "a.archived_at <= :f_until"),
    ):
        value = getattr(where, name)
        if value is not None:
            parts.append(sql)
            bindings[f"f_{name}"] = value
    if after is not None:
        # The first arm bounds the walk over the index, the second takes the ties apart.
        parts.append("a.archived_at <= :c_at AND (a.archived_at < :c_at OR a.id > :c_id)")
        bindings |= {"c_at": after.archived_at, "c_id": after.id}
    return Compiled(" AND ".join(parts) or "true", bindings, needs_version=False)


def compile_links(where: LinkFilter) -> Compiled:
    """Translate a filter of links, over `l` (link)."""
    parts: list[str] = []
    bindings: dict[str, Any] = {}
    if where.known_at is None:
        parts.append("l.retracted_at IS NULL")
    else:
        parts.append(
            "l.recorded_at <= :l_known_at "
            "AND (l.retracted_at IS NULL OR l.retracted_at > :l_known_at)"
        )
        bindings["l_known_at"] = where.known_at
    if where.valid_at is not None:
        parts.append("l.valid_from <= :l_valid_at")
        if not where.invalidated:
            parts.append("(l.valid_until IS NULL OR l.valid_until > :l_valid_at)")
        bindings["l_valid_at"] = where.valid_at
    for field, sql in (
        ("relations", "l.relation IN (SELECT value FROM json_each(:l_relations))"),
        ("observers", "l.observed_by IN (SELECT value FROM json_each(:l_observers))"),
    ):
        values = getattr(where, field)
        if values is not None:
            parts.append(sql)
            bindings[f"l_{field}"] = msgspec.json.encode(values).decode()
    for field, sql in (
        ("since", "l.valid_from >= :l_since"),
        ("until", "l.valid_from <= :l_until"),
    ):
        value = getattr(where, field)
        if value is not None:
            parts.append(sql)
            bindings[f"l_{field}"] = value
    return Compiled(" AND ".join(parts), bindings, needs_version=False)


def compile_links_after(after: LinkCursor | None) -> tuple[str, dict[str, Any]]:
    """The links that sort behind a cursor."""
    if after is None:
        return "true", {}
    return (
        (
            "(valid_from, created_at, source_id, target_id, relation) > "
            "(:c_valid_from, :c_created_at, :c_source_id, :c_target_id, :c_relation)"
        ),
        {f"c_{name}": getattr(after, name) for name in after.__struct_fields__},
    )

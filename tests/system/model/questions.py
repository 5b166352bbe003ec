"""What a reader sees."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.system.model.archive import words_of
from tests.system.model.graph import Graph, Held, link_shown
from tests.system.model.world import HOUR, Refused, Row, shown, text


def counted(values: Iterable[str], name: str) -> list[Row]:
    """Most populous first."""
    found = sorted(Counter(values).items(), key=lambda item: (-item[1], item[0]))
    return [{name: value, "count": count} for value, count in found]


class Model(Graph):
    """The whole model; each method here is a query."""

    def get(self, id: str) -> Row:
        row = self.find(id)
        links = self._links(row["id"], "both", self.now)
        newer = [one for one in links if one.relation == "supersedes" and one.target == row["id"]]
        newer.sort(key=lambda one: (-one.valid_from, one.source))
        answer = {
            **shown(row), "memory": shown(row), "links": [link_shown(one) for one in links[:100]],
        }  # fmt: skip
        return answer | ({"superseded_by": [one.source for one in newer]} if newer else {})

    def listing(self, **filters: Any) -> list[Row]:
        rows = [row for row in self.seen() if self._fits(row, **filters)]
        rows.sort(key=lambda row: (-row["priority"], -row["updated_at"], row["id"]))
        return [shown(row) for row in rows]

    def _fits(
        self,
        row: Row,
        namespace: str | None = None,
        tier: str | None = None,
        tags: str | None = None,
        agent_id: str | None = None,
        min_priority: int = 0,
        since: int | None = None,
        until: int | None = None,
    ) -> bool:
        return (
            namespace in (None, row["namespace"])
            and tier in (None, row["tier"])
            and (tags is None or tags in row["tags"])
            and agent_id in (None, row["metadata"]["agent_id"])
            and row["priority"] >= min_priority
            and (since is None or row["created_at"] >= since)
            and (until is None or row["created_at"] <= until)
        )

    def found(self, word: str, **filters: Any) -> set[str]:
        return {
            row["id"] for row in self.seen() if word in words_of(row) and self._fits(row, **filters)
        }

    def namespaces(self) -> list[Row]:
        return counted((row["namespace"] for row in self.seen()), "namespace")

    def stats(self) -> Row:
        rows = self.seen()
        soon = [
            row for row in rows
            if row["expires_at"] is not None and row["expires_at"] <= self.now + HOUR
        ]  # fmt: skip
        return {
            "total": len(rows),
            "by_tier": {
                one["tier"]: one["count"] for one in counted((r["tier"] for r in rows), "tier")
            },
            "by_namespace": self.namespaces(),
            "expiring_soon": len(soon),
            "links_count": sum(len(self.believed(triple)) for triple in self.beliefs),
            "archived_total": len(self.archive),
            "vectors_count": 0,
            "unembedded": len(self.live),
        }

    def history(self, id: str) -> Row:
        if id not in self.versions:
            fits = [one for one in self.live if one.startswith(id)]
            if len(fits) != 1:
                raise Refused("NOT_FOUND")
            return self.history(fits[0])
        current = self.live[id]["version"] if id in self.live else None
        said = sorted(self.versions[id], key=lambda one: -one["version"])
        return {
            "id": id,
            "versions": [
                {
                    **one, "tags": list(one["tags"]), "written_at": text(one["written_at"]),
                    "current": one["version"] == current,
                }
                for one in said
            ],
        }  # fmt: skip

    # -- the archive -----------------------------------------------------------------------------

    def archived(
        self,
        namespace: str | None = None,
        reason: str | None = None,
        since: int | None = None,
        until: int | None = None,
    ) -> list[Row]:
        rows = [
            row for row in self.archive.values()
            if namespace in (None, row["namespace"]) and reason in (None, row["archive_reason"])
            and (since is None or row["archived_at"] >= since)
            and (until is None or row["archived_at"] <= until)
        ]  # fmt: skip
        rows.sort(key=lambda row: (-row["archived_at"], row["id"]))
        return [shown(row) for row in rows]

    def archive_stats(self) -> Row:
        rows = list(self.archive.values())
        answer: Row = {
            "archived_total": len(rows),
            "by_namespace": counted((row["namespace"] for row in rows), "namespace"),
            "archived_bytes": sum(
                len(part.encode())
                for row in rows
                for part in (row["title"], row["content"], packed(row["tags"]),
                             packed(row["metadata"]))
            ),
        }  # fmt: skip
        if rows:
            answer["oldest"] = text(min(row["archived_at"] for row in rows))
            answer["newest"] = text(max(row["archived_at"] for row in rows))
        return answer

    # -- the graph -------------------------------------------------------------------------------

    def _links(
        self,
        at: str,
        direction: str,
        valid_at: int | None,
        known_at: int | None = None,
        relations: tuple[str, ...] = (),
        invalidated: bool = False,
    ) -> list[Held]:
        """Links of a memory to visible ones, in order."""
        seen = {row["id"] for row in self.seen()}
        found = []
        for triple in self.beliefs:
            source, target, relation = triple
            ways = {"outbound": source == at and target in seen,
                    "inbound": target == at and source in seen}  # fmt: skip
            if not (any(ways.values()) if direction == "both" else ways[direction]):
                continue
            if relations and relation not in relations:
                continue
            found += [
                one for one in self.believed(triple, known_at)
                if valid_at is None or one.holds(valid_at)
                or (invalidated and one.valid_from <= valid_at)
            ]  # fmt: skip
        return sorted(found, key=lambda one: one[:5])

    def _when(self, valid_at: int | None, known_at: int | None) -> int:
        """What was known then is by default asked of then."""
        if valid_at is not None:
            return valid_at
        return self.now if known_at is None else known_at

    def links(
        self,
        id: str,
        direction: str = "both",
        relations: tuple[str, ...] = (),
        valid_at: int | None = None,
        as_recorded_at: int | None = None,
        include_invalidated: bool = False,
    ) -> list[Row]:
        called = self._called(id)
        if called not in self.live or not self.visible(self.live[called]):
            return []
        when = self._when(valid_at, as_recorded_at)
        found = self._links(called, direction, when, as_recorded_at, relations, include_invalidated)
        return [link_shown(one) for one in found]

    def timeline(
        self,
        source_id: str,
        since: int | None = None,
        until: int | None = None,
        as_recorded_at: int | None = None,
    ) -> list[Row]:
        called = self._called(source_id)
        if called not in self.live or not self.visible(self.live[called]):
            return []
        return [
            {
                "target_id": one.target, "relation": one.relation,
                "valid_from": text(one.valid_from), "observed_by": one.observed_by,
                "valid_until": None if one.valid_until is None else text(one.valid_until),
                "title": self.live[one.target]["title"],
                "target_namespace": self.live[one.target]["namespace"],
            }
            for one in self._links(called, "outbound", None, as_recorded_at)
            if (since is None or one.valid_from >= since)
            and (until is None or one.valid_from <= until)
        ]  # fmt: skip

    def graph(
        self,
        source_id: str,
        max_depth: int = 1,
        direction: str = "outbound",
        valid_at: int | None = None,
        as_recorded_at: int | None = None,
        include_invalidated: bool = False,
    ) -> list[Row]:
        """Breadth first; a memory is reached by the link that began to hold first."""
        start = self._called(source_id)
        if start not in self.live or not self.visible(self.live[start]):
            return []
        when = self._when(valid_at, as_recorded_at)
        ways = ("outbound", "inbound") if direction == "both" else (direction,)
        paths, answer = {start: [start]}, []
        frontier = [start]
        for depth in range(1, max_depth + 1):
            steps = sorted(
                (one[:5], way == "inbound", near, one)
                for near in frontier
                for way in ways
                for one in self._links(near, way, when, as_recorded_at, (), include_invalidated)
            )
            fresh: dict[str, list[str]] = {}
            for _order, inbound, near, one in steps:
                far = one.source if inbound else one.target
                if far in paths:
                    continue
                path = fresh.setdefault(far, [*paths[near], far])
                if path[-2] != near:
                    continue
                answer.append({
                    "target_id": far, "relation": one.relation, "depth": depth,
                    "valid_from": text(one.valid_from), "observed_by": one.observed_by,
                    "valid_until": None if one.valid_until is None else text(one.valid_until),
                    "title": self.live[far]["title"],
                    "target_namespace": self.live[far]["namespace"],
                    "path": "->".join(path),
                    "direction": "inbound" if inbound else "outbound",
                })  # fmt: skip
            paths |= fresh
            frontier = list(fresh)
        return answer


def packed(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

"""The state: what is live, archived, gone; every version; every belief about every link."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]

SECOND = 1_000_000
DAY = 86_400 * SECOND
HOUR = 3_600 * SECOND
LIFETIME = {"short": 6 * HOUR, "mid": 7 * DAY, "long": None}
TIERS = ("short", "mid", "long")
ME = "test:agent"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def text(instant: int) -> str:
    return (_EPOCH + timedelta(microseconds=instant)).isoformat()


def micros(instant: str) -> int:
    return (datetime.fromisoformat(instant) - _EPOCH) // timedelta(microseconds=1)


class Refused(Exception):
    """The operation answers with this error code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class World:
    """Plain state. An id is in at most one of `live`, `archive` and `gone`.

    Attributes:
        live: Rows by id, expired ones that nobody has collected included.
        archive: The same rows with archived_at and archive_reason.
        versions: What each memory said, oldest first.
        beliefs: For each (source, target, relation) what was believed of it since when: a list of
            (instant, {valid_from: (valid_until, observed_by, created_at)}).
        touches: Recalls that are not written yet: (id, instant).
        instants: When anything happened or was said to hold.
    """

    def __init__(self, now: int) -> None:
        self.now = now
        self.live: dict[str, Row] = {}
        self.archive: dict[str, Row] = {}
        self.versions: dict[str, list[Row]] = {}
        self.gone: dict[str, str] = {}
        self.beliefs: dict[tuple[str, str, str], list[tuple[int, dict[int, Any]]]] = {}
        self.touches: list[tuple[str, int]] = []
        self.swept_at: int | None = None
        self.instants: list[int] = [now]
        self.ids: list[str] = []

    def visible(self, row: Row) -> bool:
        return row["expires_at"] is None or row["expires_at"] > self.now

    def seen(self) -> list[Row]:
        return [row for row in self.live.values() if self.visible(row)]

    def find(self, wanted: str) -> Row:
        """By full id, or by a beginning that only one visible memory has."""
        if wanted in self.live:
            fits = [self.live[wanted]]
        else:
            fits = [row for row in self.live.values() if row["id"].startswith(wanted)]
        fits = [row for row in fits if self.visible(row)]
        if not fits:
            raise Refused("NOT_FOUND")
        if len(fits) > 1:
            raise Refused("AMBIGUOUS_ID")
        return fits[0]

    def namespace_of(self, memory_id: str) -> str:
        row = self.live.get(memory_id) or self.archive.get(memory_id)
        return str(row["namespace"]) if row else "global"

    def titled(self, namespace: str, title: str) -> Row | None:
        for row in self.live.values():
            if (row["namespace"], row["title"]) == (namespace, title):
                return row
        return None

    def add(self, row: Row) -> None:
        self.live[row["id"]] = row
        if row["id"] not in self.ids:
            self.ids.append(row["id"])
        if row["expires_at"] is not None:
            self.instants.append(row["expires_at"])

    def say(self, row: Row) -> None:
        """The row's text is a version of its own."""
        said = {name: row[name] for name in ("version", "title", "content", "tags", "metadata")}
        versions = self.versions.setdefault(row["id"], [])
        if not any(one["version"] == row["version"] for one in versions):
            versions.append({**said, "written_at": row["updated_at"]})

    def shelve(self, row: Row, reason: str) -> None:
        """Live no more, archived."""
        del self.live[row["id"]]
        self.archive[row["id"]] = {**row, "archived_at": self.now, "archive_reason": reason}

    def make_room(self, namespace: str, title: str, besides: str | None = None) -> None:
        """A title held by an expired memory is free: that memory is collected.

        Raises:
            Refused: A visible memory holds it.
        """
        holder = self.titled(namespace, title)
        if holder is None or holder["id"] == besides:
            return
        if self.visible(holder):
            raise Refused("CONFLICT")
        self.shelve(holder, "ttl_expired")

    def free_title(self, namespace: str, title: str) -> str:
        number = 2
        while self.titled(namespace, f"{title} ({number})") is not None:
            number += 1
        return f"{title} ({number})"

    def vanish(self, memory_id: str, how: str) -> None:
        """Gone for good: row, versions, links; only the id is remembered."""
        self.live.pop(memory_id, None)
        self.archive.pop(memory_id, None)
        self.versions.pop(memory_id, None)
        self.gone[memory_id] = how
        for triple in [one for one in self.beliefs if memory_id in one[:2]]:
            del self.beliefs[triple]


def shown(row: Row) -> Row:
    """A memory as an answer shows it."""
    view = {name: value for name, value in row.items() if value is not None}
    for name in ("created_at", "updated_at", "expires_at", "last_accessed_at", "archived_at"):
        if name in view:
            view[name] = text(view[name])
    return {**view, "tags": list(row["tags"])}

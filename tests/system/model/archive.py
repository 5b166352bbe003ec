"""Leaving the live set, coming back, and leaving for good."""

from __future__ import annotations

from collections import Counter

from tests.system.model.memories import Memories
from tests.system.model.world import DAY, SECOND, Refused, Row, text


def words_of(row: Row) -> set[str]:
    return set(" ".join((row["title"], row["content"], *row["tags"])).replace("(", " ").split())


class Archive(Memories):
    """Each method is an operation, as in Memories."""

    def archive_add(self, ids: tuple[str, ...], reason: str = "archive") -> Row:
        wanted = list(dict.fromkeys(ids))
        there = [one for one in wanted if one in self.live]
        for one in there:
            self.shelve(self.live[one], reason)
        missing = [one for one in wanted if one not in there]
        return {"archived": there, "missing": missing, "count": len(there), "reason": reason}

    def archive_restore(self, id: str, on_conflict: str = "error") -> Row:
        fits = [row for row in self.archive.values() if row["id"] == id]
        fits = fits or [row for row in self.archive.values() if row["id"].startswith(id)]
        if not fits:
            raise Refused("NOT_FOUND")
        if len(fits) > 1:
            raise Refused("AMBIGUOUS_ID")
        kept = fits[0]
        row = {name: kept[name] for name in kept if name not in ("archived_at", "archive_reason")}
        if not self.visible(row):
            row["expires_at"] = None
        before = dict(row)
        holder = self.titled(row["namespace"], row["title"])
        if holder is not None and self.visible(holder) and on_conflict == "version":
            row["title"] = self.free_title(row["namespace"], row["title"])
        self.make_room(row["namespace"], row["title"])
        del self.archive[row["id"]]
        self.add(row)
        self._reword(row, before)
        return {**row, "restored": True, "archive_reason": kept["archive_reason"]}

    def archive_purge(
        self, older_than_days: int = 0, namespace: str | None = None, dry_run: bool = False
    ) -> Row:
        due = [
            row["id"] for row in self.archive.values()
            if row["archived_at"] <= self.now - older_than_days * DAY
            and namespace in (None, row["namespace"])
        ]  # fmt: skip
        if not dry_run:
            for memory_id in due:
                self.vanish(memory_id, "purged")
        return {"purged": len(due), "dry_run": dry_run}

    def erase(self, id: str, dry_run: bool = False) -> Row:
        if id not in self.versions and id not in self.gone:
            raise Refused("NOT_FOUND")
        copies = {s for s, t, relation in self.beliefs if t == id and relation == "derived_from"}
        answer = {
            "id": id, "erased": not dry_run, "dry_run": dry_run, "at": text(self.now),
            "was_live": id in self.live, "was_archived": id in self.archive,
            "versions": len(self.versions.get(id, ())), "copies": sorted(copies),
        }  # fmt: skip
        if not dry_run:
            self.vanish(id, "erased")
        return answer

    def forget(
        self,
        namespace: str | None = None,
        pattern: str | None = None,
        tier: str | None = None,
        dry_run: bool = False,
    ) -> Row:
        if (namespace, pattern, tier) == (None, None, None):
            raise Refused("VALIDATION_FAILED")
        due = [
            row for row in self.seen()
            if namespace in (None, row["namespace"]) and tier in (None, row["tier"])
            and (pattern is None or words_of(row) & set(pattern.split()))
        ]  # fmt: skip
        if dry_run:
            return {"dry_run": True, "would_delete": len(due)}
        for row in due:
            self.shelve(row, "forget")
        count = len(due)
        return {
            "dry_run": False, "deleted": count, "forgotten": count, "archived": True,
            "namespaces": dict(Counter(row["namespace"] for row in due)),
        }  # fmt: skip

    def gc(self, dry_run: bool = False) -> Row:
        due = [row for row in self.live.values() if not self.visible(row)]
        if not dry_run:
            for row in due:
                self.shelve(row, "ttl_expired")
        count = 0 if dry_run else len(due)
        return {"collected": len(due), "expired_deleted": count, "dry_run": dry_run}

    # -- what no face offers -----------------------------------------------------------------

    def turn(self) -> None:
        """The janitor: touches at every turn, collection once a minute."""
        self.flush_touches()
        if self.swept_at is None or self.now - self.swept_at >= 60 * SECOND:
            self.swept_at = self.now
            self.gc()

    def close(self) -> None:
        self.flush_touches()
        self.gc()
        self.swept_at = None

    def crash(self) -> None:
        """What was answered stays; recalls that were not written yet are not counted."""
        self.touches.clear()
        self.swept_at = None

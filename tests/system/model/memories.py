"""Storing, revising and keeping memories."""

from __future__ import annotations

from typing import Any

from tests.system.model.world import (
    DAY,
    HOUR,
    LIFETIME,
    ME,
    SECOND,
    TIERS,
    Refused,
    Row,
    World,
    shown,
)


class Memories(World):
    """Each method is an operation: it changes the state and returns what the answer must say."""

    def store(self, fresh: str, on_conflict: str = "error", **fields: Any) -> Row:
        row = self._fresh(fresh, fields)
        holder = self.titled(row["namespace"], row["title"])
        if holder is not None and self.visible(holder):
            if on_conflict == "error":
                raise Refused("CONFLICT")
            if on_conflict == "merge":
                self._merge(holder, row)
                return {**holder, "agent_id": holder["metadata"]["agent_id"], "duplicate": True}
            row["title"] = self.free_title(row["namespace"], row["title"])
        self.make_room(row["namespace"], row["title"])
        self.add(row)
        self.say(row)
        return {**row, "agent_id": row["metadata"]["agent_id"]}

    def _fresh(self, fresh: str, fields: Row) -> Row:
        row: Row = {
            "id": fresh, "namespace": "global", "tier": "mid", "tags": (), "priority": 5,
            "confidence": 1.0, "source": "api", "access_count": 0, "last_accessed_at": None,
            "created_at": self.now, "updated_at": self.now, "version": 1,
        }  # fmt: skip
        given = dict(fields)
        ttl, expires = given.pop("ttl_secs", None), given.pop("expires_at", None)
        agent, scope = given.pop("agent_id", None), given.pop("scope", None)
        metadata = dict(given.pop("metadata", {}))
        metadata["agent_id"] = agent or metadata.get("agent_id") or ME
        if scope is not None:
            metadata["scope"] = scope
        row.update(given, metadata=metadata)
        life = LIFETIME[row["tier"]]
        row["expires_at"] = None if life is None else self.now + life
        if ttl is not None:
            row["expires_at"] = self.now + ttl * SECOND
        if expires is not None:
            if expires <= self.now:
                raise Refused("VALIDATION_FAILED")
            row["expires_at"] = expires
        return row

    def _merge(self, old: Row, new: Row) -> None:
        """The newer text, and of everything else the stronger; the first author stays."""
        before = dict(old)
        old["content"] = new["content"]
        old["tags"] = tuple(dict.fromkeys((*old["tags"], *new["tags"])))
        old["metadata"] = {
            **old["metadata"], **new["metadata"], "agent_id": old["metadata"]["agent_id"],
        }  # fmt: skip
        for name in ("priority", "confidence"):
            old[name] = max(old[name], new[name])
        old["tier"] = max(old["tier"], new["tier"], key=TIERS.index)
        old["source"] = new["source"]
        forever = None in (old["expires_at"], new["expires_at"])
        raised = old["tier"] == "long" and before["tier"] != "long"
        if (raised and new["expires_at"] is None) or before["tier"] == "long":
            old["expires_at"] = None
        elif old["expires_at"] is not None and not forever:
            old["expires_at"] = max(old["expires_at"], new["expires_at"])
        self._reword(old, before)

    def _reword(self, row: Row, before: Row) -> None:
        """A new text is a new version, and moves the content clock."""
        if any(row[name] != before[name] for name in ("title", "content", "tags", "metadata")):
            row["version"] += 1
            row["updated_at"] = max(self.now, row["updated_at"])
            self.say(row)

    def update(self, id: str, **fields: Any) -> Row:
        row = self.find(id)
        before, new = dict(row), {**row, **fields}
        if "metadata" in fields:
            new["metadata"] = {**fields["metadata"], "agent_id": row["metadata"]["agent_id"]}
        if TIERS.index(new["tier"]) <= TIERS.index(row["tier"]):
            new["tier"] = row["tier"]
        elif new["tier"] == "long" and "expires_at" not in fields:
            new["expires_at"] = None
        self.make_room(new["namespace"], new["title"], besides=row["id"])
        row.update(new)
        self._reword(row, before)
        if row["expires_at"] is not None:
            self.instants.append(row["expires_at"])
        return {**row, "updated": True, "memory": shown(row)}

    def delete(self, id: str) -> Row:
        row = self.find(id)
        self.shelve(row, "delete")
        return {"id": row["id"], "deleted": True}

    def promote(self, fresh: str, id: str, to_namespace: str | None = None) -> Row:
        row = self.find(id)
        if to_namespace is None:
            row["tier"], row["expires_at"] = "long", None
            return {"id": row["id"], "promoted": True, "mode": "tier", "tier": "long"}
        if not row["namespace"].startswith(to_namespace + "/"):
            raise Refused("VALIDATION_FAILED")
        self.make_room(to_namespace, row["title"])
        copy = {
            **row, "id": fresh, "namespace": to_namespace, "created_at": self.now,
            "updated_at": self.now, "version": 1, "access_count": 0, "last_accessed_at": None,
        }  # fmt: skip
        self.add(copy)
        self.say(copy)
        triple = (fresh, row["id"], "derived_from")
        self.beliefs[triple] = [(self.now, {self.now: (None, ME, self.now)})]
        return {
            "id": fresh, "promoted": True, "mode": "vertical", "tier": row["tier"],
            "source_id": row["id"], "clone_id": fresh, "to_namespace": to_namespace,
        }  # fmt: skip

    def restore_version(self, id: str, version: int) -> Row:
        row = self.find(id)
        said = [one for one in self.versions[row["id"]] if one["version"] == version]
        if not said:
            raise Refused("NOT_FOUND")
        before = dict(row)
        wanted = {name: said[0][name] for name in ("title", "content", "tags", "metadata")}
        self.make_room(row["namespace"], wanted["title"], besides=row["id"])
        agent = row["metadata"]["agent_id"]
        row.update(wanted, metadata={**wanted["metadata"], "agent_id": agent})
        self._reword(row, before)
        return {**row, "restored_from": version}

    # -- recalls ---------------------------------------------------------------------------------

    def recalled(self, ids: list[str]) -> None:
        self.touches += [(memory_id, self.now) for memory_id in ids]

    def flush_touches(self) -> None:
        touches, self.touches = self.touches, []
        for memory_id in dict.fromkeys(one for one, _at in touches):
            instants = [at for one, at in touches if one == memory_id]
            self._touch(memory_id, len(instants), max(instants))

    def touch(self, touches: tuple[tuple[str, int, int], ...]) -> Row:
        changed = [self._touch(*touch) for touch in touches if touch[0] in self.live]
        return {"touched": len(changed), "changed": sum(changed)}

    def _touch(self, memory_id: str, count: int, at: int) -> bool:
        """Whether more than the counters changed."""
        row = self.live.get(memory_id)
        if row is None:
            return False
        before, old = dict(row), row["access_count"]
        row["priority"] = min(10, row["priority"] + (old + count) // 10 - old // 10)
        row["access_count"] = old + count
        self._lengthen(row, at)
        changed = row != {**before, "access_count": old + count}
        row["last_accessed_at"] = max(row["last_accessed_at"] or 0, at)
        return changed

    def _lengthen(self, row: Row, at: int) -> None:
        if row["tier"] == "mid" and row["access_count"] >= 5:
            row["tier"], row["expires_at"] = "long", None
        elif row["expires_at"] is not None:
            until = at + {"short": HOUR, "mid": DAY, "long": 0}[row["tier"]]
            if until >= row["expires_at"] + 60 * SECOND:
                row["expires_at"] = until
                self.instants.append(until)

"""Links, and what was believed of them when."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

from tests.system.model.archive import Archive
from tests.system.model.world import ME, Refused, Row, text

FOREVER = 2**62


class Held(NamedTuple):
    """One interval of a link, in the order in which answers list them."""

    valid_from: int
    created_at: int
    source: str
    target: str
    relation: str
    valid_until: int | None
    observed_by: str | None

    def holds(self, instant: int) -> bool:
        return (
            self.valid_from <= instant < (FOREVER if self.valid_until is None else self.valid_until)
        )


def link_shown(held: Held) -> Row:
    view = {
        "source_id": held.source, "target_id": held.target, "relation": held.relation,
        "created_at": text(held.created_at), "valid_from": text(held.valid_from),
    }  # fmt: skip
    if held.valid_until is not None:
        view["valid_until"] = text(held.valid_until)
    if held.observed_by is not None:
        view["observed_by"] = held.observed_by
    return view


class Graph(Archive):
    """Each method is an operation, as in Memories."""

    def believed(self, triple: tuple[str, str, str], at: int | None = None) -> list[Held]:
        """What was believed of a triple at an instant, in order."""
        state: dict[int, Any] = {}
        for since, beliefs in self.beliefs.get(triple, ()):
            if at is None or since <= at:
                state = beliefs
        return sorted(
            Held(start, created_at, *triple, until, observer)
            for start, (until, observer, created_at) in state.items()
        )

    def _believe(self, triple: tuple[str, str, str], intervals: list[Held]) -> None:
        state = {one.valid_from: (one.valid_until, one.observed_by, one.created_at)
                 for one in intervals}  # fmt: skip
        self.beliefs.setdefault(triple, []).append((self.now, state))
        self.instants += [self.now, *state]
        self.instants += [one.valid_until for one in intervals if one.valid_until is not None]

    def link(
        self,
        source_id: str,
        target_id: str,
        relation: str = "related_to",
        valid_from: int | None = None,
        valid_until: int | None = None,
        agent_id: str | None = None,
    ) -> Row:
        start = self.now if valid_from is None else valid_from
        end = FOREVER if valid_until is None else valid_until
        if end <= start:
            raise Refused("VALIDATION_FAILED")
        source, target = self.find(source_id)["id"], self.find(target_id)["id"]
        if source == target:
            raise Refused("VALIDATION_FAILED")
        triple = (source, target, relation)
        old = self.believed(triple)
        # Cut the wanted stretch at every begin and end, and keep what nothing covers.
        cuts = {start, end} | {
            min(max(instant, start), end)
            for one in old if one.holds(one.valid_from)
            for instant in (one.valid_from, FOREVER if one.valid_until is None else one.valid_until)
        }  # fmt: skip
        stretches: list[list[int]] = []
        edges = sorted(cuts)
        for begin, until in pairwise(edges):
            if any(one.holds(begin) for one in old):
                continue
            if stretches and stretches[-1][1] == begin:
                stretches[-1][1] = until
            else:
                stretches.append([begin, until])
        observer = agent_id or ME
        fresh = [
            Held(begin, self.now, *triple, None if until == FOREVER else until, observer)
            for begin, until in stretches
        ]
        overruled = self._overrule(triple, start, end)
        answer = {"linked": True, "source_id": source, "target_id": target, "relation": relation}
        if fresh:
            begins = {one.valid_from for one in fresh}
            kept = [one for one in old if one.valid_from not in begins]
            self._believe(triple, [*kept, *fresh])
            held = fresh[-1]
        else:
            held = [one for one in old if one.holds(start)][-1]
            answer["duplicate"] = True
        if overruled:
            answer["ended"] = overruled
        answer |= {"valid_from": text(held.valid_from), "observed_by": held.observed_by or observer}
        if held.valid_until is not None:
            answer["valid_until"] = text(held.valid_until)
        return answer

    def _overrule(self, wanted: tuple[str, str, str], start: int, end: int) -> int:
        """End what would close a ring of supersessions, stretch by stretch; of how many links."""
        source, target, relation = wanted
        if relation != "supersedes":
            return 0
        every = [
            one for triple in self.beliefs if triple[2] == relation for one in self.believed(triple)
        ]
        edges = {start, end} | {
            min(max(instant, start), end)
            for one in every
            for instant in (one.valid_from, FOREVER if one.valid_until is None else one.valid_until)
        }
        cut: dict[Held, list[tuple[int, int]]] = {}
        for begin, until in pairwise(sorted(edges)):
            holding = [one for one in every if one.holds(begin)]
            reached = {target}
            while more := {one.target for one in holding if one.source in reached} - reached:
                reached |= more
            for one in holding:
                if one.source in reached and one.target == source:
                    cut.setdefault(one, []).append((begin, until))
        for triple in {(one.source, one.target, relation) for one in cut}:
            kept = [one for one in self.believed(triple) if one not in cut]
            for one in self.believed(triple):
                kept += self._left_of(one, cut.get(one, []))
            self._believe(triple, kept)
        return len(cut)

    def _left_of(self, held: Held, cuts: list[tuple[int, int]]) -> list[Held]:
        """What stretches leave of an interval; nothing where none is cut."""
        left, start = [], held.valid_from
        end = FOREVER if held.valid_until is None else held.valid_until
        for begin, until in [*cuts, (end, end)] if cuts else []:
            if begin > start:
                left.append(
                    held._replace(
                        valid_from=start,
                        valid_until=None if begin == FOREVER else begin,
                        created_at=held.created_at if start == held.valid_from else self.now,
                    )
                )
            start = until
        return left

    def kg_invalidate(
        self, source_id: str, target_id: str, relation: str, valid_until: int | None = None
    ) -> Row:
        source, target = self._called(source_id), self._called(target_id)
        triple = (source, target, relation)
        old = self.believed(triple) if {source, target} <= {r["id"] for r in self.seen()} else []
        answer: Row = {
            "found": bool(old), "source_id": source, "target_id": target, "relation": relation,
        }  # fmt: skip
        if not old:
            return answer
        last = old[-1]
        if valid_until is None:
            over = last.valid_until is not None and last.valid_until <= self.now
            valid_until = last.valid_until if over else self.now
            assert valid_until is not None
        if valid_until <= last.valid_from:
            raise Refused("VALIDATION_FAILED")
        if last.valid_until is not None and last.valid_until < valid_until:
            self._overrule(triple, last.valid_until, valid_until)
        answer["valid_until"] = text(valid_until)
        answer["previous_valid_until"] = (
            None if last.valid_until is None else text(last.valid_until)
        )
        new = [
            one._replace(valid_until=valid_until)
            if one == last or one.valid_until is None or one.valid_until > valid_until
            else one
            for one in old
        ]
        if new != old:
            self._believe(triple, new)
        return answer

    def unlink(self, source_id: str, target_id: str, relation: str | None = None) -> Row:
        source, target = self._called(source_id), self._called(target_id)
        count = 0
        for triple in list(self.beliefs):
            if triple[:2] == (source, target) and relation in (None, triple[2]):
                there = self.believed(triple)
                count += len(there)
                if there:
                    self._believe(triple, [])
        return {"deleted": count > 0, "count": count}

    def _called(self, wanted: str) -> str:
        """The full id if it fits something visible, else what was given."""
        try:
            return str(self.find(wanted)["id"])
        except Refused as refusal:
            if refusal.code == "NOT_FOUND":
                return wanted
            raise

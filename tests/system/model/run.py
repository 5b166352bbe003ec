"""Runs a script against the real thing and against the model, and compares what both say."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from tests.adapters.sqlite.test_counters import connection_of, tables
from tests.operations.test_export import exported, taken_in
from tests.support import NOON, ManualClock, harness, open_store
from tests.system.model.crowd import together
from tests.system.model.questions import Model
from tests.system.model.script import (
    AGENTS,
    RELATIONS,
    SPACES,
    TAGS,
    TIERS,
    WORDS,
    Above,
    Instant,
    Memory,
    Step,
)
from tests.system.model.world import Refused, Row, shown, text

from ai_memory.errors import AiMemoryError
from ai_memory.model.change import MemoryPut, VersionPut
from ai_memory.model.command import Command
from ai_memory.model.decode import decode_fields
from ai_memory.model.memory import Payload
from ai_memory.operations.apply import replay
from ai_memory.operations.registry import by_method, command_type
from ai_memory.ports import Reader, Transaction

# Hints and receipts that tell of files and other memories; what they say is tested elsewhere.
UNMODELLED = {
    "potential_contradictions", "near_duplicates", "tags_pending", "autonomy_hook_skipped",
    "action", "attest_level", "sample", "version_hashes", "vectors", "links", "index_files",
    "complete", "waits_for",
}  # fmt: skip
CREATES = {"store", "promote"}
COLLECTS_AT_ONCE = 7  # log entries replayed per call


class Digests:
    """Ids that look random and are the same in every run."""

    def __init__(self, begin: int = 0) -> None:
        self._numbers = count(begin)

    def new_id(self) -> str:
        return hashlib.sha256(str(next(self._numbers)).encode()).hexdigest()[:16]


class Run:
    """One script's run; `path` None: in memory, where there is nothing to reopen."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._lives = 0
        self._ids = Digests()
        self.clock = ManualClock(NOON)
        self.model = Model(NOON)
        self._open()

    # -- the store -----------------------------------------------------------------------------

    @property
    def _path(self) -> Path | str:
        return ":memory:" if self._folder is None else self._folder / f"{self._lives}.db"

    def _open(self) -> None:
        self._closing = ExitStack()
        self.open = self._closing.enter_context(
            harness(self._path, clock=self.clock, entropy=self._ids)
        )

    def close(self) -> None:
        self._closing.close()

    def _reopen(self) -> None:
        if self._folder is not None:
            self.close()
            self.model.close()
            self._open()

    def _crash(self) -> None:
        """Go on with the bytes as they are in the files at this moment."""
        if self._folder is None:
            return
        before, closing = str(self._path), self._closing
        self._lives += 1
        # The log first: what a checkpoint moves meanwhile is in the copy of the log too.
        for suffix in ("-wal", ""):
            if Path(before + suffix).exists():
                shutil.copyfile(before + suffix, str(self._path) + suffix)
        closing.close()
        self.model.crash()
        self._open()

    # -- steps ---------------------------------------------------------------------------------

    def step(self, step: Step) -> None:
        match step.kind:
            case "wait":
                self._wait(step.fields["micros"])
            case "await":
                ahead = sorted(one - self.model.now for one in self.model.instants)
                ahead = [one for one in ahead if one > 0][:4]
                number = step.fields["number"]
                self._wait(max(0, ahead[number % len(ahead)] - (number % 3 == 0)) if ahead else 0)
            case "turn":
                self.open.opened.janitor.turn()
                self.model.turn()
            case "reopen":
                self._reopen()
            case "crash":
                self._crash()
            case "crowd":
                self._crowd(step.fields["steps"])
            case "recall":
                self._recall(**step.fields)
            case _:
                fields = self._resolved(step.fields)
                self._perform(step.kind, fields, self.ask(step.kind, fields))
        rng = Random(step.look)
        self.look(rng, everything=step.kind in ("crash", "reopen") or step.look % 16 == 0)

    def _wait(self, micros: int) -> None:
        self.clock._now += micros
        self.model.now = self.clock.now()
        self.model.instants.append(self.model.now)

    def _resolved(self, fields: Row) -> Row:
        """The fields with ids and instants of this moment."""

        def value(one: Any) -> Any:
            match one:
                case Memory(number, place, prefix):
                    pool = list(getattr(self.model, place, ())) or ["nobody"]
                    chosen = pool[number % len(pool)]
                    return chosen[:prefix] if prefix else chosen
                case Instant(number, beside):
                    moments = self.model.instants
                    return moments[-1 - number % len(moments)] + beside
                case Above(number):
                    parts = self.model.namespace_of(value(fields["id"])).split("/")
                    return "/".join(parts[: 1 + number % max(1, len(parts) - 1)])
                case ((Memory(), *_), *_):  # touches
                    return tuple((value(who), times, self.model.now) for who, times in one)
                case tuple():
                    return tuple(map(value, one))
            return one

        resolved = {name: value(one) for name, one in fields.items() if name != "pair"}
        if "pair" in fields:
            triples = list(self.model.beliefs) or [("nobody", "nobody", "related_to")]
            chosen = triples[fields["pair"].number % len(triples)]
            resolved |= zip(("source_id", "target_id", "relation"), chosen, strict=True)
        if resolved.pop("any_relation", False):
            del resolved["relation"]
        return resolved

    def _perform(self, method: str, fields: Row, actual: Row) -> None:
        """Do in the model what the store has done, and compare the answers."""
        arguments = dict(fields)
        if method in CREATES:
            arguments["fresh"] = actual.get("clone_id", actual.get("id", "?"))
        expected = outcome(lambda: getattr(self.model, method)(**arguments))
        if "title" in expected:
            expected = shown(expected)
        same(f"{method} {fields}", without(actual), expected)

    def _crowd(self, steps: Sequence[Step]) -> None:
        asked = [(step.kind, self._resolved(step.fields)) for step in steps]
        if self._folder is None:  # one connection: nothing can meet
            for kind, fields in asked:
                self._perform(kind, fields, self.ask(kind, fields))
            return
        commands = [command_of(kind, fields) for kind, fields in asked]
        # An update looks for its memory before the commit, where nobody else's change is there yet.
        early = [
            outcome(partial(self.model.find, fields["id"])) if kind == "update" else {}
            for kind, fields in asked
        ]
        answers = together(self.open.node, commands)
        for (kind, fields), before, answer in zip(asked, early, answers, strict=True):
            actual = outcome(partial(after, answer))
            if "code" in before:
                same(f"{kind} {fields}", actual, before)
            else:
                self._perform(kind, fields, actual)

    def _recall(self, context: str, times: int, limit: int) -> None:
        for _ in range(times):
            answer = self.ask("recall", {"context": context, "limit": limit})
            ids = [one["id"] for one in answer["memories"]]
            fits = self.model.found(context)
            same("recall finds", (len(ids), set(ids) - fits), (min(limit, len(fits)), set()))
            self.model.recalled(ids)

    # -- questions -----------------------------------------------------------------------------

    def ask(self, method: str, fields: Row) -> Row:
        """The answer as JSON, or `{"code": …}`."""
        command = command_of(method, fields)
        answer: Row = outcome(lambda: plain(self.open.run(command)))
        return answer

    def pages(self, method: str, key: str, fields: Row, limit: int) -> Row | list[Any]:
        """All pages, and that each says how many there are."""
        found: list[Any] = []
        totals = set()
        cursor: Row = {}
        while True:
            answer = self.ask(method, {**fields, "limit": limit, **cursor})
            if "code" in answer:
                return answer
            found += answer[key]
            totals.add(answer["total"])
            same(f"{method}: count", answer["count"], len(answer[key]))
            if "next_cursor" not in answer:
                break
            same(f"{method}: a full page", answer["count"], limit)
            cursor = {"cursor": answer["next_cursor"]}
        same(f"{method}: total", totals, {len(found)})
        return found

    def look(self, rng: Random, *, everything: bool = False) -> None:
        """Ask some random questions, or all there are about every memory."""
        if not everything:
            for _ in range(3):
                rng.choice(self.questions)(self, rng)
            return
        for question in self.questions:
            question(self, rng)
        for memory_id in self.model.ids:
            self._get(rng, memory_id)
            self._history(rng, memory_id)
            self._links(rng, memory_id)
            self._graph(rng, memory_id)

    def _listing(self, rng: Random) -> None:
        fields = self._filters(rng)
        limit = rng.choice((1, 3, 1_000))
        expected = outcome(lambda: self.model.listing(**fields))
        same(f"list {fields}", self.pages("list", "memories", fields, limit), expected)

    def _search(self, rng: Random) -> None:
        fields, word = self._filters(rng), rng.choice(WORDS)
        found = self.pages("search", "results", {"query": word, **fields}, rng.choice((2, 1_000)))
        assert isinstance(found, list), found
        actual = sorted(one["id"] for one in found)
        same(f"search {word} {fields}", actual, sorted(self.model.found(word, **fields)))

    def _filters(self, rng: Random) -> Row:
        fields = {
            "namespace": rng.choice(SPACES), "tier": rng.choice(TIERS), "tags": rng.choice(TAGS),
            "agent_id": rng.choice(AGENTS), "min_priority": rng.randint(1, 10),
            "since": self._instant(rng), "until": self._instant(rng),
        }  # fmt: skip
        return {name: value for name, value in fields.items() if rng.random() < 0.15}

    def _instant(self, rng: Random) -> int:
        return rng.choice(self.model.instants) + rng.choice((-1, 0, 1))

    def _figures(self, rng: Random) -> None:
        actual = self.ask("stats", {})
        actual["by_tier"] = {one["tier"]: one["count"] for one in actual["by_tier"]}
        expected = self.model.stats()
        same("stats", {name: actual[name] for name in expected}, expected)
        places = self.pages("namespaces", "namespaces", {}, rng.choice((1, 2, 1_000)))
        same("namespaces", places, self.model.namespaces())
        same("archive_stats", self.ask("archive_stats", {}), self.model.archive_stats())

    def _archive(self, rng: Random) -> None:
        fields: Row = {
            "namespace": rng.choice(SPACES), "reason": rng.choice(("delete", "ttl_expired")),
            "since": self._instant(rng), "until": self._instant(rng),
        }  # fmt: skip
        fields = {name: value for name, value in fields.items() if rng.random() < 0.25}
        limit = rng.choice((1, 4, 1_000))
        actual = self.pages("archive_list", "archived", fields, limit)
        same(f"archive_list {fields}", actual, self.model.archived(**fields))

    def _some_id(self, rng: Random) -> str:
        chosen = rng.choice(self.model.ids or ["nobody"])
        return chosen[: rng.choice((1, 2, 16, 16, 16, 16))]

    def _get(self, rng: Random, memory_id: str | None = None) -> None:
        wanted = memory_id or self._some_id(rng)
        same(
            f"get {wanted}",
            self.ask("get", {"id": wanted}),
            outcome(lambda: self.model.get(wanted)),
        )

    def _history(self, rng: Random, memory_id: str | None = None) -> None:
        wanted = memory_id or self._some_id(rng)
        expected = outcome(lambda: self.model.history(wanted))
        actual = self.pages("history", "versions", {"id": wanted}, rng.choice((1, 1_000)))
        if "code" not in expected:
            expected = expected["versions"]
        same(f"history {wanted}", actual, expected)

    def _when(self, rng: Random) -> Row:
        return {
            name: self._instant(rng)
            for name in ("valid_at", "as_recorded_at") if rng.random() < 0.5
        }  # fmt: skip

    def _links(self, rng: Random, memory_id: str | None = None) -> None:
        fields: Row = {
            "id": memory_id or self._some_id(rng), **self._when(rng),
            "direction": rng.choice(("both", "inbound", "outbound")),
            "include_invalidated": rng.random() < 0.3,
        }  # fmt: skip
        if rng.random() < 0.2:
            fields["relations"] = tuple(rng.sample(RELATIONS, 2))
        expected = outcome(lambda: self.model.links(**fields))
        actual = self.pages("get_links", "links", fields, rng.choice((1, 3, 1_000)))
        same(f"links {fields}", actual, expected)

    def _timeline(self, rng: Random) -> None:
        fields = {"since": self._instant(rng), "until": self._instant(rng), **self._when(rng)}
        fields.pop("valid_at", None)
        fields = {name: value for name, value in fields.items() if rng.random() < 0.5}
        fields["source_id"] = self._some_id(rng)
        expected = outcome(lambda: self.model.timeline(**fields))
        actual = self.pages("kg_timeline", "events", fields, rng.choice((1, 3, 1_000)))
        same(f"timeline {fields}", actual, expected)

    def _graph(self, rng: Random, memory_id: str | None = None) -> None:
        fields: Row = {
            "source_id": memory_id or self._some_id(rng), **self._when(rng),
            "direction": rng.choice(("both", "inbound", "outbound")),
            "max_depth": rng.randint(1, 4), "include_invalidated": rng.random() < 0.3,
        }  # fmt: skip
        expected = outcome(lambda: self.model.graph(**fields))
        actual = self.pages("kg_query", "memories", fields, rng.choice((2, 1_000)))
        same(f"graph {fields}", actual, expected)

    questions: tuple[Callable[[Run, Random], None], ...] = (
        _listing, _listing, _search, _figures, _figures, _archive, _get, _history, _links, _links,
        _timeline, _graph, _graph,
    )  # fmt: skip

    # -- at the end ----------------------------------------------------------------------------

    def verdict(self) -> None:
        """What must hold of any store, whatever happened to it."""
        self.look(Random(0), everything=True)
        kept, real = tables(connection_of(self.open))
        same("kept counters", kept, real)
        with self.open.node.store.read() as rows:
            same("integrity", rows.integrity_problems(), [])
            same("replay", replayed(rows), rows.state_hash())
        self._move()
        self.look(Random(0), everything=True)

    def _move(self) -> None:
        """Go on with a new store that was told nothing but an export of the old one."""
        lines = exported(self.open)
        self._closing.close()
        self._folder = None
        self._open()
        same("import", taken_in(self.open, lines)["errors"], [])


def replayed(source: Reader) -> bytes:
    """The state hash of a fresh store that was told nothing but the log."""
    copy = open_store(":memory:")

    def payload(put: MemoryPut | VersionPut) -> Payload | None:
        return source.payload(put.memory_id, put.version, put.payload_hash)

    def work(rows: Transaction) -> None:
        position = 0
        while entries := source.log_entries(position, COLLECTS_AT_ONCE):
            replay(rows, entries, payload)
            position += len(entries)

    try:
        copy.submit(work).result()
        with copy.read() as rows:
            return rows.state_hash()
    finally:
        copy.close()


INSTANTS = {
    "since", "until", "valid_from", "valid_until", "valid_at", "as_recorded_at", "expires_at",
}  # fmt: skip


def command_of(method: str, fields: Row) -> Command:
    given = {
        name: text(value) if name in INSTANTS and value is not None else value
        for name, value in fields.items()
    }
    return decode_fields(command_type(by_method(method)), given)


def plain(answer: Any) -> Any:
    """An answer as its JSON reads."""
    return msgspec.json.decode(msgspec.json.encode(answer))


def after(answer: Callable[[], Any]) -> Any:
    return plain(answer())


def without(answer: Row) -> Row:
    return {name: value for name, value in answer.items() if name not in UNMODELLED}


def outcome(action: Callable[[], Any]) -> Any:
    """What an action answers, or the code it refuses with."""
    try:
        return action()
    except (Refused, AiMemoryError) as refusal:
        return {"code": refusal.code}


def same(what: str, actual: Any, expected: Any) -> None:
    if actual != expected:
        raise AssertionError(f"{what}\n    the store: {actual}\n    the model: {expected}")

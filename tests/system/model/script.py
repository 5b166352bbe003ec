"""Random scripts: steps that say what to do in terms any state can read, so that any part of a
script is a script again and a failing one can be cut down.

A memory is named by a number that is resolved against whatever is there when the step runs, an
instant by a number that picks one at which something happened, and microseconds beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

SECOND = 1_000_000
WORDS = ("walrus", "otter", "kelp", "urchin", "narwhal", "海豹")
TITLES = ("walrus", "otter", "kelp")
SPACES = ("global", "a", "a/b", "a/b/c")
TIERS = ("short", "mid", "long", "long")
RELATIONS = ("related_to", "supersedes", "derived_from")
TAGS = ("x", "y", "narwhal")
AGENTS = ("test:agent", "test:other")
WAITS = (0, 0.001, 0.5, 1, 5, 30, 61, 3_000, 4_000, 22_000, 90_000, 700_000)


class Step(NamedTuple):
    """One step of a script.

    Attributes:
        kind: What to do.
        fields: With what; `Memory` and `Instant` values are resolved when the step runs.
        look: What is asked afterwards: the seed of random questions.
    """

    kind: str
    fields: dict[str, Any]
    look: int


class Memory(NamedTuple):
    """Some memory, mostly of a place (live, archive, ids: all there ever were).

    Attributes:
        prefix: So many characters of its id, if not 0.
    """

    number: int
    place: str = "live"
    prefix: int = 0


class Pair(NamedTuple):
    """The source, target and relation of some link."""

    number: int


class Above(NamedTuple):
    """Some namespace above that of the memory the step is about."""

    number: int


class Instant(NamedTuple):
    """Close to when something happened."""

    number: int
    micros: int


def script(seed: int, size: int) -> list[Step]:
    rng = Random(seed)
    kinds, weights = zip(*((kind, weight) for kind, (weight, _make) in KINDS.items()), strict=True)
    return [
        Step(kind, KINDS[kind][1](rng), rng.randrange(2**32))
        for kind in rng.choices(kinds, weights, k=size)
    ]


def memory(rng: Random, place: str = "live") -> Memory:
    if rng.random() < 0.1:
        place = rng.choice(("archive", "ids", "nowhere"))
    return Memory(rng.randrange(1_000), place, 0 if rng.random() < 0.9 else rng.choice((1, 3)))


def instant(rng: Random) -> Instant:
    return Instant(rng.randrange(1_000), rng.choice((-1, 0, 0, 1, 7_000_000)))


def some(rng: Random, share: float, **makers: Callable[[Random], Any]) -> dict[str, Any]:
    """Each of the fields with this probability."""
    return {name: make(rng) for name, make in makers.items() if rng.random() < share}


def one_of(*values: Any) -> Callable[[Random], Any]:
    return lambda rng: rng.choice(values)


def content(rng: Random) -> str:
    return " ".join(rng.choices(WORDS, k=rng.randint(1, 3)))


def tags(rng: Random) -> tuple[str, ...]:
    return tuple(rng.sample(TAGS, rng.randint(0, 2)))


def metadata(rng: Random) -> dict[str, Any]:
    return dict(rng.choice(({}, {"k": 1}, {"k": [1, None], "z": "海"}, {"agent_id": "test:meta"})))


def text_fields(rng: Random) -> dict[str, Any]:
    return some(
        rng,
        0.3,
        title=one_of(*TITLES),
        content=content,
        namespace=one_of(*SPACES),
        tier=one_of(*TIERS),
        tags=tags,
        priority=lambda rng: rng.randint(1, 10),
        confidence=one_of(0.25, 0.5, 1.0),
        metadata=metadata,
    )


def store(rng: Random) -> dict[str, Any]:
    return {
        **some(rng, 0.1, ttl_secs=one_of(1, 60, 5_000), expires_at=instant,
               agent_id=one_of(*AGENTS), scope=one_of("team", "collective")),
        **text_fields(rng),
        **some(rng, 0.6, namespace=one_of(*SPACES), tier=one_of(*TIERS)),
        **some(rng, 0.7, on_conflict=one_of("error", "merge", "version", "version")),
        "title": rng.choice(TITLES),
        "content": content(rng),
    }  # fmt: skip


def update(rng: Random) -> dict[str, Any]:
    until = some(rng, 0.15, expires_at=lambda rng: rng.choice((None, instant(rng))))
    return {"id": memory(rng), **text_fields(rng), **until}


def promote(rng: Random) -> dict[str, Any]:
    where = Above(rng.randrange(10)) if rng.random() < 0.8 else rng.choice(SPACES)
    return {"id": memory(rng), **some(rng, 0.7, to_namespace=lambda rng: where)}


def ends(rng: Random, known: float) -> dict[str, Any]:
    """Two memories; with this probability those of a link there is."""
    if rng.random() < known:
        return {"pair": Pair(rng.randrange(1_000))}
    return {"source_id": memory(rng), "target_id": memory(rng), "relation": rng.choice(RELATIONS)}


def link(rng: Random) -> dict[str, Any]:
    return {
        **ends(rng, 0.3),
        **some(rng, 0.3, valid_from=instant, valid_until=instant, agent_id=one_of(*AGENTS)),
    }


def invalidate(rng: Random) -> dict[str, Any]:
    return {**ends(rng, 0.9), **some(rng, 0.4, valid_until=instant)}


def unlink(rng: Random) -> dict[str, Any]:
    fields = ends(rng, 0.8)
    return {**fields, "any_relation": True} if rng.random() < 0.3 else fields


def archive_add(rng: Random) -> dict[str, Any]:
    ids = tuple(memory(rng)._replace(prefix=0) for _ in range(rng.randint(1, 3)))
    return {"ids": ids, **some(rng, 0.4, reason=one_of("tidy", "delete"))}


def archive_restore(rng: Random) -> dict[str, Any]:
    return {"id": memory(rng, "archive"), **some(rng, 0.5, on_conflict=one_of("version"))}


def dry(rng: Random) -> dict[str, Any]:
    return some(rng, 0.3, dry_run=one_of(True))


def forget(rng: Random) -> dict[str, Any]:
    filters = some(rng, 0.4, namespace=one_of(*SPACES), tier=one_of(*TIERS))
    return {**filters, **some(rng, 0.7, pattern=one_of(*WORDS, "kelp urchin")), **dry(rng)}


def purge(rng: Random) -> dict[str, Any]:
    narrow = some(rng, 0.6, older_than_days=one_of(0, 1, 7), namespace=one_of(*SPACES))
    return {**narrow, **dry(rng)}


def restore_version(rng: Random) -> dict[str, Any]:
    return {"id": memory(rng), "version": rng.choice((1, 1, 1, 2, 3))}


def erase(rng: Random) -> dict[str, Any]:
    wanted = memory(rng, rng.choice(("live", "archive", "ids")))
    return {"id": wanted._replace(prefix=0), **dry(rng)}


def recall(rng: Random) -> dict[str, Any]:
    return {"context": rng.choice(WORDS), "times": rng.randint(1, 6), "limit": rng.randint(1, 4)}


def nothing(rng: Random) -> dict[str, Any]:
    return {}


CROWD = (
    "store", "store", "store", "store", "update", "update", "delete", "promote", "link",
    "kg_invalidate", "unlink", "archive_add", "touch",
)  # fmt: skip


def crowd(rng: Random) -> dict[str, Any]:
    """Commands that meet in one commit, about few memories, so that they get in each other's way.

    None that looks for its memory by a beginning of its id: that is found before the commit.
    """
    few = rng.randint(1, 3)

    def close(one: Any) -> Any:
        return one._replace(number=one.number % few, prefix=0) if isinstance(one, Memory) else one

    steps = []
    for _ in range(rng.randint(2, 8)):
        kind = rng.choice(CROWD)
        fields = KINDS[kind][1](rng)
        steps.append(Step(kind, {name: close(value) for name, value in fields.items()}, 0))
    return {"steps": tuple(steps)}


def touch(rng: Random) -> dict[str, Any]:
    """Recalls that the janitor writes."""
    return {"touches": ((memory(rng)._replace(prefix=0), rng.randint(1, 12)),)}


KINDS: dict[str, tuple[int, Callable[[Random], dict[str, Any]]]] = {
    "store": (30, store),
    "update": (12, update),
    "delete": (5, lambda rng: {"id": memory(rng)}),
    "promote": (6, promote),
    "link": (14, link),
    "kg_invalidate": (6, invalidate),
    "unlink": (3, unlink),
    "archive_add": (3, archive_add),
    "archive_restore": (7, archive_restore),
    "archive_purge": (2, purge),
    "restore_version": (6, restore_version),
    "erase": (2, erase),
    "forget": (3, forget),
    "gc": (2, dry),
    "recall": (8, recall),
    "turn": (4, nothing),
    "crowd": (8, crowd),
    "touch": (1, touch),
    "wait": (14, lambda rng: {"micros": int(rng.choice(WAITS) * SECOND)}),
    # To the very instant at which something expires, begins or ends.
    "await": (5, lambda rng: {"number": rng.randrange(1_000)}),
    "reopen": (1, nothing),
    "crash": (2, nothing),
}  # fmt: skip

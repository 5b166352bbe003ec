"""Where a recall's time goes: the node's ports are watched while it answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final

from ai_memory.compose import OpenNode, configured_embedder
from ai_memory.config import load_config
from ai_memory.measure.bench import filling
from ai_memory.measure.bench.stand import Stand
from ai_memory.measure.duration import spread
from ai_memory.operations.recall_memories import RecallMemories
from ai_memory.ports import Clock

if TYPE_CHECKING:
    from ai_memory.model.query import Filter
    from ai_memory.ports import Embedder, EmbeddingModel, Matrix, Vector

_WORDS: Final = ("rank_words", "match_words")


def anatomy(stand: Stand, questions: int, warm_up: int) -> dict[str, float]:
    """The median of each part of a hybrid recall, in milliseconds, after a warm-up.

    Returns:
        embed; words; vectors, their rows included; rows: every other statement; rest: ranking and
        the seven steps; whole.
    """
    watch = _Watch(stand.clock)
    embedder = _WatchedEmbedder(configured_embedder(load_config({"tier": stand.level})), watch)
    with closing(filling.open_at(stand.db, stand.level, embedder=embedder)) as opened:
        _watch_ports(opened, watch)
        caller = opened.caller("python")
        times: dict[str, list[float]] = {
            part: [] for part in ("embed", "words", "vectors", "rows", "rest", "whole")
        }
        for turn in stand.warming(warm_up):
            opened.node.execute(caller, RecallMemories(context=stand.questions[turn]))
        for question in stand.questions[: min(questions, stand.unasked)]:
            watch.spent.clear()
            began = stand.clock.monotonic()
            opened.node.execute(caller, RecallMemories(context=question))
            whole = stand.clock.monotonic() - began
            watch.spent |= {"rest": whole - sum(watch.spent.values()), "whole": whole}
            for part, taken in times.items():
                taken.append(watch.spent[part])
    return {part: round(spread(taken).p50_ms, 3) for part, taken in times.items()}


class _Watch:
    """Seconds spent in each part, since it was cleared."""

    def __init__(self, clock: Clock) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self._clock = clock

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Add what passes inside."""
        began = self._clock.monotonic()
        try:
            yield
        finally:
            self.spent[name] += self._clock.monotonic() - began


class _WatchedEmbedder:
    def __init__(self, embedder: Embedder, watch: _Watch) -> None:
        self._embedder = embedder
        self._watch = watch

    @property
    def model(self) -> EmbeddingModel:
        return self._embedder.model

    def embed(self, texts: Sequence[str], *, bulk: bool = False) -> Matrix:
        with self._watch.part("embed"):
            return self._embedder.embed(texts, bulk=bulk)

    def close(self) -> None:
        self._embedder.close()


def _watch_ports(opened: OpenNode, watch: _Watch) -> None:
    """Put watched ports in the place of the node's own."""
    node: Any = opened.node
    read, nearest = node.store.read, node.index.nearest

    @contextmanager
    def watched_read() -> Iterator[_WatchedReader]:
        with read() as rows:
            yield _WatchedReader(rows, watch)

    def watched_nearest(rows: Any, query: Vector, count: int, where: Filter, **more: Any) -> Any:
        # The rows themselves: what the index reads counts as its own.
        rows = rows.reader if isinstance(rows, _WatchedReader) else rows
        with watch.part("vectors"):
            return nearest(rows, query, count, where, **more)

    node.store.read, node.index.nearest = watched_read, watched_nearest


class _WatchedReader:
    """Satisfies Reader."""

    def __init__(self, reader: Any, watch: _Watch) -> None:
        self.reader = reader
        self._watch = watch

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.reader, name)

        def call(*args: Any, **named: Any) -> Any:
            with self._watch.part("words" if name in _WORDS else "rows"):
                return method(*args, **named)

        return call

"""Figures for Prometheus: counted as the node reports them, printed as its text format."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ai_memory.model.change import LogEntry

_BOUNDS_SECS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_RECALL: Final = "recall_memories"
_ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


class _Histogram:
    """How many durations fell below each bound."""

    __slots__ = ("counts", "total_secs")

    def __init__(self) -> None:
        self.counts = [0] * (len(_BOUNDS_SECS) + 1)
        self.total_secs = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(_BOUNDS_SECS, seconds)] += 1
        self.total_secs += seconds


class Metrics:
    """The node's Observer. Safe to call from many threads; a call costs about a microsecond."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._operations: dict[tuple[str, str], int] = {}
        self._latencies: dict[str, _Histogram] = {}
        self._changes: dict[str, int] = {}

    def executed(self, operation: str, seconds: float, code: str) -> None:
        """See ports.Observer."""
        key = (operation, code)
        with self._lock:
            self._operations[key] = self._operations.get(key, 0) + 1
            histogram = self._latencies.get(operation)
            if histogram is None:
                histogram = self._latencies[operation] = _Histogram()
            histogram.add(seconds)

    def committed(self, entries: Sequence[LogEntry]) -> None:
        """See ports.Observer."""
        with self._lock:
            for entry in entries:
                kind = str(entry.change.__struct_config__.tag)
                self._changes[kind] = self._changes.get(kind, 0) + 1

    def text(self, *, mode: str, gauges: Mapping[str, tuple[str, float]]) -> bytes:
        """Everything, in the text format.

        Args:
            mode: How this node recalls, hybrid or keyword.
            gauges: Name → what it says, and its value now.
        """
        with self._lock:
            lines = [*self._lines(mode)]
        for name, (explanation, value) in gauges.items():
            lines += _head(name, "gauge", explanation)
            lines.append(_line(name, {}, value))
        return "\n".join((*lines, "")).encode()

    def _lines(self, mode: str) -> Iterator[str]:
        name = "ai_memory_operation_total"
        yield from _head(name, "counter", "Operations by outcome; OK or an error code.")
        for (operation, code), count in self._operations.items():
            yield _line(name, {"operation": operation, "code": code}, count)
        name = "ai_memory_operation_latency_seconds"
        yield from _head(name, "histogram", "From the command to its result.")
        for operation, histogram in self._latencies.items():
            yield from _buckets(name, {"operation": operation}, histogram)
        name = "ai_memory_recall_total"
        yield from _head(name, "counter", "Recalls answered, by how this node recalls.")
        yield _line(name, {"mode": mode}, self._operations.get((_RECALL, "OK"), 0))
        name = "ai_memory_recall_latency_seconds"
        yield from _head(name, "histogram", "From a recall to its result.")
        yield from _buckets(name, {"mode": mode}, self._latencies.get(_RECALL, _Histogram()))
        name = "ai_memory_changes_total"
        yield from _head(name, "counter", "Facts committed to the log, by kind.")
        for kind, count in self._changes.items():
            yield _line(name, {"kind": kind}, count)


def _head(name: str, kind: str, explanation: str) -> tuple[str, str]:
    return f"# HELP {name} {explanation}", f"# TYPE {name} {kind}"


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    pairs = ",".join(f'{key}="{text.translate(_ESCAPES)}"' for key, text in labels.items())
    return f"{name}{{{pairs}}} {value:.10g}" if pairs else f"{name} {value:.10g}"


def _buckets(name: str, labels: Mapping[str, str], histogram: _Histogram) -> Iterator[str]:
    below = 0
    for bound, count in zip((*_BOUNDS_SECS, "+Inf"), histogram.counts, strict=True):
        below += count
        yield _line(f"{name}_bucket", {**labels, "le": str(bound)}, below)
    yield _line(f"{name}_sum", labels, histogram.total_secs)
    yield _line(f"{name}_count", labels, below)

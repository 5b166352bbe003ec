"""Figures for Prometheus: counted as the node reports them, printed as its text format.

Every figure has a place in a row of numbers, so that several processes behind one port can count in
rows of memory that they share (`board.py`), and any of them prints the sum.
"""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, get_args

from ai_memory import errors
from ai_memory.model.change import Change, LogEntry
from ai_memory.operations.registry import OPERATIONS

_BOUNDS_SECS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_RECALL: Final = "recall_memories"
_ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
_OTHER: Final = "other"
_MICROS: Final = 1_000_000


def _codes(kind: type[errors.AiMemoryError]) -> Iterator[str]:
    yield kind.code
    for below in kind.__subclasses__():
        yield from _codes(below)


# What a figure may be about is known beforehand, and the same in every process.
_NAMES: Final = {name: at for at, name in enumerate((*(op.name for op in OPERATIONS), _OTHER))}
_CODES: Final = {
    code: at for at, code in enumerate(sorted({"OK", _OTHER, *_codes(errors.AiMemoryError)}))
}
_KINDS: Final = {
    str(kind.__struct_config__.tag): at for at, kind in enumerate(get_args(Change))
}  # fmt: skip
_BUCKETS: Final = len(_BOUNDS_SECS) + 1
_LATENCIES_AT: Final = len(_NAMES) * len(_CODES)
_PER_LATENCY: Final = _BUCKETS + 1  # and the sum, in microseconds
_CHANGES_AT: Final = _LATENCIES_AT + len(_NAMES) * _PER_LATENCY
NUMBERS: Final = _CHANGES_AT + len(_KINDS)
"""How long a row is."""


class _Histogram(NamedTuple):
    """How many durations fell below each bound."""

    counts: Sequence[int]
    total_secs: float


class Metrics:
    """The node's Observer. Safe to call from many threads; a call costs about a microsecond."""

    def __init__(self, rows: Sequence[memoryview] | None = None, mine: int = 0) -> None:
        """Begin to count.

        Args:
            rows: Of NUMBERS numbers each, shared with other processes; None: there are none.
            mine: Which of them is this process's.
        """
        self._rows = rows or [memoryview(array("q", bytes(8 * NUMBERS)))]
        self._mine = self._rows[mine]
        self._lock = threading.Lock()

    def executed(self, operation: str, seconds: float, code: str) -> None:
        """See ports.Observer."""
        name = _NAMES.get(operation, _NAMES[_OTHER])
        count = name * len(_CODES) + _CODES.get(code, _CODES[_OTHER])
        latency = _LATENCIES_AT + name * _PER_LATENCY
        bucket = latency + bisect_left(_BOUNDS_SECS, seconds)
        micros = round(seconds * _MICROS)
        mine = self._mine
        with self._lock:
            mine[count] += 1
            mine[bucket] += 1
            mine[latency + _BUCKETS] += micros

    def committed(self, entries: Sequence[LogEntry]) -> None:
        """See ports.Observer."""
        mine = self._mine
        with self._lock:
            for entry in entries:
                mine[_CHANGES_AT + _KINDS[str(entry.change.__struct_config__.tag)]] += 1

    def text(self, *, mode: str, gauges: Mapping[str, tuple[str, float]]) -> bytes:
        """Everything, of all processes together, in the text format.

        Args:
            mode: How this node recalls, hybrid or keyword.
            gauges: Name → what it says, and its value now.
        """
        lines = [*_lines([sum(numbers) for numbers in zip(*self._rows, strict=True)], mode)]
        for name, (explanation, value) in gauges.items():
            lines += _head(name, "gauge", explanation)
            lines.append(_line(name, {}, value))
        return "\n".join((*lines, "")).encode()


def _lines(row: Sequence[int], mode: str) -> Iterator[str]:
    """The figures of a row; what never happened is left out."""
    latencies = {name: _latency(row, at) for name, at in _NAMES.items()}
    name = "ai_memory_operation_total"
    yield from _head(name, "counter", "Operations by outcome; OK or an error code.")
    for operation, at in _NAMES.items():
        for code, place in _CODES.items():
            if count := row[at * len(_CODES) + place]:
                yield _line(name, {"operation": operation, "code": code}, count)
    name = "ai_memory_operation_latency_seconds"
    yield from _head(name, "histogram", "From the command to its result.")
    for operation, histogram in latencies.items():
        if any(histogram.counts):
            yield from _buckets(name, {"operation": operation}, histogram)
    name = "ai_memory_recall_total"
    yield from _head(name, "counter", "Recalls answered, by how this node recalls.")
    yield _line(name, {"mode": mode}, row[_NAMES[_RECALL] * len(_CODES) + _CODES["OK"]])
    name = "ai_memory_recall_latency_seconds"
    yield from _head(name, "histogram", "From a recall to its result.")
    yield from _buckets(name, {"mode": mode}, latencies[_RECALL])
    name = "ai_memory_changes_total"
    yield from _head(name, "counter", "Facts committed to the log, by kind.")
    for kind, at in _KINDS.items():
        if count := row[_CHANGES_AT + at]:
            yield _line(name, {"kind": kind}, count)


def _latency(row: Sequence[int], at: int) -> _Histogram:
    begin = _LATENCIES_AT + at * _PER_LATENCY
    return _Histogram(row[begin : begin + _BUCKETS], row[begin + _BUCKETS] / _MICROS)


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

"""The figures: counted rightly, printed as Prometheus reads them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.faces.http.running import Running, in_threads

from ai_memory.faces.http.metrics import Metrics, _line
from ai_memory.faces.http.routes import METRICS_PATHS
from ai_memory.model.change import LogEntry, MemoryDeleted
from ai_memory.model.clock import HybridTime

SAMPLE = re.compile(
    r'[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(,[a-z_]+="(?:[^"\\\n]|\\["\\n])*")*\})?'
    r" (-?[0-9.]+(e[+-]?[0-9]+)?|\+Inf|NaN)"
)


def samples(text: bytes) -> dict[str, float]:
    """Every sample by its name and labels; each line must be one the format knows."""
    found: dict[str, float] = {}
    assert text.endswith(b"\n")
    for line in text.decode().splitlines():
        if line.startswith("# "):
            assert re.fullmatch(r"# (HELP|TYPE) \w+ .+", line)
            continue
        assert SAMPLE.fullmatch(line), line
        name, _, value = line.rpartition(" ")
        assert name not in found
        found[name] = float(value)
    return found


def printed(metrics: Metrics, **gauges: Any) -> dict[str, float]:
    return samples(metrics.text(mode="keyword", gauges=gauges))


def test_every_family_is_declared_once_before_its_samples() -> None:
    metrics = Metrics()
    metrics.executed("store_memory", 0.002, "OK")
    declared: list[str] = []
    text = metrics.text(mode="hybrid", gauges={"ai_memory_x": ("X.", 1)})
    for line in text.decode().splitlines():
        if line.startswith("# TYPE "):
            declared.append(line.split()[2])
        elif not line.startswith("#"):
            assert line.startswith(declared[-1])
    assert len(declared) == len(set(declared)) == 6


def test_operations_are_counted_by_outcome() -> None:
    metrics = Metrics()
    metrics.executed("store_memory", 0.002, "OK")
    metrics.executed("store_memory", 0.002, "OK")
    metrics.executed("store_memory", 0.002, "CONFLICT")
    found = printed(metrics)
    assert found['ai_memory_operation_total{operation="store_memory",code="OK"}'] == 2
    assert found['ai_memory_operation_total{operation="store_memory",code="CONFLICT"}'] == 1


@pytest.mark.parametrize(
    ("seconds", "bounds"),
    [(0.0, 12), (0.001, 12), (0.0011, 11), (0.5, 5), (5.0, 2), (5.1, 1), (1e9, 1)],
)
def test_buckets_are_cumulative_and_include_their_bound(seconds: float, bounds: int) -> None:
    metrics = Metrics()
    metrics.executed("recall_memories", seconds, "OK")
    found = printed(metrics)
    name = "ai_memory_recall_latency_seconds"
    buckets = [value for key, value in found.items() if key.startswith(f"{name}_bucket")]
    assert buckets == sorted(buckets)
    assert sum(buckets) == bounds
    assert found[f'{name}_bucket{{mode="keyword",le="+Inf"}}'] == 1
    assert found[f'{name}_count{{mode="keyword"}}'] == 1
    assert found[f'{name}_sum{{mode="keyword"}}'] == seconds
    assert found['ai_memory_recall_total{mode="keyword"}'] == 1


def test_changes_are_counted_by_kind() -> None:
    metrics = Metrics()
    gone = MemoryDeleted(memory_id="a", at=1, reason="delete")
    entry = LogEntry(origin="x", sequence=1, hybrid_time=HybridTime(1), change=gone)
    metrics.committed([entry, entry])
    assert printed(metrics)['ai_memory_changes_total{kind="memory_deleted"}'] == 2


def test_labels_are_escaped() -> None:
    assert _line("x", {"a": 'a"b\\c\nd'}, 1) == 'x{a="a\\"b\\\\c\\nd"} 1'


def test_what_nobody_declared_is_counted_as_other() -> None:
    metrics = Metrics()
    metrics.executed("no_such_operation", 0.1, "NO_SUCH_CODE")
    assert printed(metrics)['ai_memory_operation_total{operation="other",code="other"}'] == 1


def test_threads_lose_no_count() -> None:
    metrics = Metrics()

    def count(_number: int) -> None:
        for _ in range(5_000):
            metrics.executed("store_memory", 0.001, "OK")

    for thread in in_threads(4, count):
        thread.join()
    name = 'ai_memory_operation_total{operation="store_memory",code="OK"}'
    assert printed(metrics)[name] == 20_000


def test_both_paths_show_what_happened(node: Running) -> None:
    node.store()
    node.client.get("/api/v1/recall", params={"context": "milk"})
    node.client.post("/api/v1/memories", json={"title": "Tea", "content": "Again."})
    for path in METRICS_PATHS:
        answer = node.client.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        found = samples(answer.content)
        assert found["ai_memory_memories"] == 1
        assert found["ai_memory_hnsw_size"] == 0
        assert found['ai_memory_recall_total{mode="keyword"}'] == 1
        assert found['ai_memory_changes_total{kind="memory_put"}'] == 1
        assert found['ai_memory_operation_total{operation="store_memory",code="CONFLICT"}'] == 1

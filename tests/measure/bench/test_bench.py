"""The bench runs, and every figure is there; what the figures are is not a test's business."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ai_memory.errors import ValidationFailed
from ai_memory.measure.cli import main_bench

BY_WORDS = [
    "recall_keyword", "search", "check_duplicate_keyword", "get", "list", "stats", "namespaces",
    "update", "store", "delete",
]  # fmt: skip
LIFECYCLE = [
    "archive", "archive_restore", "forget 10 by pattern", "consolidate 4", "consolidate_undo",
    "erase",
]  # fmt: skip
GRAPH = [
    "kg_query depth 1", "kg_query depth 3", "kg_query depth 5", "kg_query depth 5, both ways",
    "find_paths", "kg_timeline", "taxonomy", "taxonomy, whole", "link",
]  # fmt: skip
FACES = ["recall_http", "recall_mcp_http", "recall_mcp_stdio"]
CROWDS = [
    "store_threads", "store_threads_busy", "store_asyncio", "store_asyncio_busy", "store_many",
]  # fmt: skip


@pytest.mark.slow
def test_quick_at_the_semantic_level_on_a_kept_stand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_MEMORY_EMBEDDER", "hashing")
    words = ["--quick", "--tier", "semantic"]
    stands = tmp_path / "stands"
    assert main_bench([*words, "--prepare", "--keep", str(stands)]) == 0
    kept = stands / "200-semantic"
    assert capsys.readouterr().out == f"{kept}\n"
    before = {file.name: file.read_bytes() for file in kept.iterdir() if file.is_file()}
    assert {"bench.db", "floor.db", "floor.usearch", "stand.json"} <= before.keys()
    assert main_bench([*words, "--json", "--from", str(stands), "--output", str(tmp_path)]) == 0
    after = {file.name: file.read_bytes() for file in kept.iterdir() if file.is_file()}
    assert after == before  # it was measured on a copy
    found = json.loads(capsys.readouterr().out)
    assert json.loads((tmp_path / "bench-semantic.json").read_text()) == found
    assert "| recall_hybrid | 200 |" in (tmp_path / "bench-semantic.md").read_text()
    assert "<polyline" in (tmp_path / "bench-semantic.svg").read_text()
    assert sorted(found) == ["graph", "level", "machine", "sizes", "targets"]
    (size,) = found["sizes"]
    assert size["size"] == 200
    assert size["keyword_floor"] in {"any word", "rarest words"}
    names = [operation["name"] for operation in size["operations"]]
    assert names == [
        "recall_hybrid",
        "recall_repeated",
        "check_duplicate",
        "store_embedded",
        *BY_WORDS,
        *LIFECYCLE,
    ]
    for operation in size["operations"]:
        assert 0 < operation["p50_ms"] <= operation["p95_ms"] <= operation["p99_ms"]
        assert operation["n"] >= 1
        if operation["floor_p95_ms"] is not None:
            assert operation["ratio"] == pytest.approx(
                operation["p95_ms"] / operation["floor_p95_ms"], rel=0.02, abs=0.01
            )
    assert list(size["throughput"]) == ["recall_4", *CROWDS]
    for figures in size["throughput"].values():
        assert figures["per_s"] > 0
        assert figures["floor_per_s"] > 0
        assert ("cpu_us" in figures) != figures["busy"]
    crowds = ["recall_http_4", "recall_mcp_http_4", "store_http", "store_mcp_http"]
    assert list(size["faces"]) == [*FACES, *crowds]
    for figures in size["faces"].values():
        assert 0 < figures["p50_ms"] <= figures["p95_ms"] <= figures["p99_ms"]
    assert list(size["pace"]) == ["store_embedded", "import", "store_beside_import"]
    assert size["pace"]["import"]["per_s"] > 0
    assert size["pace"]["store_beside_import"]["imported"] > 0
    assert [figures["keeps"] for figures in size["nearness"]] == [1.0, 0.5, 0.1, 0.01]
    assert [figures["rows"] for figures in size["nearness"]] == [200, 100, 20, 2]
    assert all(figures["r@10"] >= 0.9 for figures in size["nearness"])  # small: it is scanned
    assert list(size["anatomy"]) == ["embed", "words", "vectors", "rows", "rest", "whole"]
    assert all(0 < part <= size["anatomy"]["whole"] for part in size["anatomy"].values())
    assert size["files"]["vector_index_bytes"] >= 0
    assert size["files"]["database_bytes"] > size["files"]["text_bytes"] > 200 * 20
    once = size["once"]
    assert once["node"]["resident_bytes"] > 2**20
    assert once["node"]["first_ms"] > once["node"]["open_ms"] > 0
    for name in ("cli_recall_semantic", "cli_recall_keyword", "mcp_greeting"):
        assert once[name]["p50_ms"] > 0
        assert once[name]["cpu_p50_ms"] > 0
    assert found["machine"]["cpus"] >= 1


@pytest.mark.slow
def test_quick_at_the_keyword_level_and_shown_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--quick", "--tier", "keyword", "--sizes", "50", "--callers", "1"]
    assert main_bench([*words, "--check", "--output", str(tmp_path)]) == 0  # nothing is judged
    shown = capsys.readouterr().out
    for name in (*BY_WORDS, *CROWDS, *FACES, "50 memories", "bytes per memory"):
        assert name in shown
    assert "recall_hybrid" not in shown
    assert "recall_4" not in shown

    newest, older = tmp_path / "bench-keyword.json", tmp_path / "older.json"
    found = json.loads(newest.read_text())
    found["sizes"][0]["size"] = 1_000
    found["sizes"][0]["once"]["mcp_greeting"]["ratio"] = 9.0
    older.write_text(json.dumps(found))
    again = ["--show", str(newest), "--show", str(older), "--json", "--check"]
    assert main_bench(again) == 1
    out, err = capsys.readouterr()
    assert [size["size"] for size in json.loads(out)["sizes"]] == [50, 1_000]
    assert "missed: " in err
    assert "first MCP reply at 1,000, times the SDK's" in err


def test_the_graph_and_the_lifecycle_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--quick", "--tier", "keyword", "--sizes", "60", "--seconds-per-op", "0.02", "--json"]
    for part in ("graph", "lifecycle"):
        assert main_bench([*words, "--only", part, "--output", str(tmp_path / part)]) == 0
        capsys.readouterr()
    files = [tmp_path / part / "bench-keyword.json" for part in ("graph", "lifecycle")]
    shown = [word for file in files for word in ("--show", str(file))]
    assert main_bench([*shown, "--json", "--output", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out)
    graph, (size,) = found["graph"], found["sizes"]
    assert [each["name"] for each in graph["operations"]] == GRAPH
    assert [each["name"] for each in size["operations"]] == LIFECYCLE
    assert (graph["memories"], graph["links"], graph["namespaces"]) == (300, 1_200, 100)
    for figures in (*graph["operations"], *size["operations"]):
        assert 0 < figures["p50_ms"] <= figures["p95_ms"] <= figures["p99_ms"]
    floors = {each["name"] for each in graph["operations"] if each["floor_p95_ms"]}
    assert set(GRAPH) - floors == {"kg_query depth 5, both ways", "find_paths"}
    assert size["transfer"]["export"]["records"] == 62  # a manifest, every memory, an end
    assert size["transfer"]["import"]["records"] == 60
    assert all(figures["per_s"] > 0 for figures in size["transfer"].values())
    page = (tmp_path / "bench-keyword.md").read_text()
    assert "**The graph: 300 memories in 100 namespaces, 1,200 links, 4 from each" in page
    assert "| erase | 60 |" in page


def test_an_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leave:
        main_bench(["--only", "graph,best"])
    assert leave.value.code == 2
    assert "'best' is not one of memories, lifecycle, workers, graph" in capsys.readouterr().err


def test_a_file_without_figures_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValidationFailed, match="holds no figures"):
        main_bench(["--show", str(tmp_path / "missing.json")])


def test_a_stand_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValidationFailed, match="60-keyword holds no stand"):
        main_bench(["--from", str(tmp_path), "--sizes", "60", "--tier", "keyword"])
    with pytest.raises(ValidationFailed, match="stands to keep"):
        main_bench(["--prepare"])


@pytest.mark.parametrize(
    "argv", [["--sizes", "0"], ["--sizes", "x"], ["--seconds-per-op", "inf"], ["--tier", "best"]]
)
def test_a_wrong_number_is_refused(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leave:
        main_bench(argv)
    assert leave.value.code == 2
    assert argv[1] in capsys.readouterr().err

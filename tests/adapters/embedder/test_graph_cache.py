from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ai_memory.adapters.embedder.batcher import Batcher
from ai_memory.adapters.embedder.bert_model import graph_file
from ai_memory.adapters.embedder.bert_shape import MINILM
from ai_memory.adapters.embedder.graph_cache import _PIECE_BYTES, cached
from ai_memory.adapters.embedder.minilm import load_minilm
from ai_memory.adapters.embedder.minilm_weights import find_files
from ai_memory.adapters.embedder.onnx_message import Model

GRAPH = bytes(range(256)) * 5 + b"odd"


def start(code: str, *arguments: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


LOAD = """
import sys, pathlib
from ai_memory.adapters.embedder.minilm import load_minilm
input()
steps = []
embedder = load_minilm(pathlib.Path(sys.argv[1]), lambda text, share: steps.append(share))
print(len(steps), embedder.embed(["hello"]).shape)
"""

STOP_WHILE_CONVERTING = """
import sys, pathlib
from ai_memory.adapters.embedder.minilm import load_minilm
def report(text, share):
    if share > 0.5:
        print("now", flush=True)
        input()
load_minilm(pathlib.Path(sys.argv[1]), report)
"""

STOP_BEFORE_REPLACING = """
import os, sys, pathlib
from ai_memory.adapters.embedder.graph_cache import cached
from ai_memory.adapters.embedder.minilm_weights import find_files
def fsync(_):
    print("now", flush=True)
    input()
os.fsync = fsync
cached(pathlib.Path(sys.argv[1]), lambda: bytes(100_000))
"""


def kill_when_ready(process: subprocess.Popen[str]) -> None:
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "now\n"
        process.kill()


def test_it_converts_once_and_reads_afterwards(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "er" / "graph.onnx"
    assert cached(file, lambda: GRAPH) == file
    first = file.read_bytes()
    assert first.startswith(GRAPH)
    assert cached(file, lambda: pytest.fail("converted twice")) == file
    assert file.read_bytes() == first


@pytest.mark.parametrize("size", [0, 1, 8, _PIECE_BYTES, _PIECE_BYTES + 3, 3 * _PIECE_BYTES + 8])
def test_a_graph_of_any_size_is_known_again(tmp_path: Path, size: int) -> None:
    file = tmp_path / "graph.onnx"
    graph = b"\xfe" * size
    cached(file, lambda: graph)
    cached(file, lambda: pytest.fail("converted twice"))
    assert file.read_bytes().startswith(graph)


@pytest.mark.parametrize("damage", ["empty", "truncated", "one byte", "zeroed"])
def test_a_damaged_file_is_made_again(tmp_path: Path, damage: str) -> None:
    file = tmp_path / "graph.onnx"
    whole = cached(file, lambda: GRAPH).read_bytes()
    broken = {
        "empty": b"",
        "truncated": whole[:-1],
        "one byte": whole[:700] + b"\xff" + whole[701:],
        "zeroed": bytes(len(whole)),
    }[damage]
    assert broken != whole
    file.write_bytes(broken)
    cached(file, lambda: GRAPH)
    assert file.read_bytes() == whole


def test_threads_that_start_together_convert_once(tmp_path: Path) -> None:
    together = threading.Barrier(8)
    converted = []

    def convert() -> bytes:
        converted.append(1)
        return GRAPH

    def load(_: int) -> bytes:
        together.wait()
        return cached(tmp_path / "graph.onnx", convert).read_bytes()

    with ThreadPoolExecutor(8) as pool:
        contents = set(pool.map(load, range(8)))
    assert len(contents) == 1
    assert len(converted) == 1


def test_a_converter_killed_before_replacing_leaves_no_file(tmp_path: Path) -> None:
    file = tmp_path / "graph.onnx"
    kill_when_ready(start(STOP_BEFORE_REPLACING, file))
    left = next(tmp_path.glob("graph.onnx.part-*/new"))
    assert left.stat().st_size > 100_000
    assert not file.exists()
    assert cached(file, lambda: GRAPH).read_bytes().startswith(GRAPH)
    assert [path.suffix for path in sorted(tmp_path.iterdir())] == [".lock", ".onnx"]


def test_a_killed_conversion_is_done_by_the_next(tmp_path: Path) -> None:
    kill_when_ready(start(STOP_WHILE_CONVERTING, tmp_path))
    assert not list(tmp_path.glob("*.onnx"))
    with start(LOAD, tmp_path) as process:
        output, _ = process.communicate("\n")
    assert output == "4 (1, 384)\n"


def test_processes_that_start_together_convert_once(tmp_path: Path) -> None:
    with start(LOAD, tmp_path) as one, start(LOAD, tmp_path) as other:
        for process in (one, other):
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        outputs = [process.communicate()[0] for process in (one, other)]
    assert sorted(outputs) == ["0 (1, 384)\n", "4 (1, 384)\n"]


def test_a_truncated_model_is_rebuilt(cache_dir: Path, minilm: Batcher, tmp_path: Path) -> None:
    whole = graph_file(cache_dir, MINILM, find_files().weights)
    damaged = tmp_path / whole.name
    damaged.write_bytes(whole.read_bytes()[:1_000_000])
    embedder = load_minilm(tmp_path)
    assert embedder.embed(["hello"])[0] @ minilm.embed(["hello"])[0] > 0.9999
    embedder.close()
    assert damaged.read_bytes() == whole.read_bytes()


def test_the_cached_file_is_onnx_to_everyone(cache_dir: Path, minilm: Batcher) -> None:
    assert minilm.model.dim == 384
    model = Model.FromString(graph_file(cache_dir, MINILM, find_files().weights).read_bytes())
    assert [entry.key for entry in model.metadata_props] == ["checksum"]

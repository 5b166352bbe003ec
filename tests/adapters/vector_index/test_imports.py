"""Loading order: ONNX Runtime and usearch live in one process, whichever is needed first."""

from __future__ import annotations

import subprocess
import sys


def test_an_index_before_an_embedder_does_not_crash_the_process() -> None:
    code = (
        "from ai_memory.adapters.vector_index.graph import new_graph\n"
        "new_graph(8)\n"
        "import onnxruntime, tokenizers\n"
        "print(onnxruntime.get_device())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

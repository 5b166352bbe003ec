from __future__ import annotations

import subprocess
import sys

import pytest
from tests.faces.mcp.startup import compare


def test_both_servers_can_be_measured() -> None:
    figures = compare(1, level="keyword")
    assert min(figures.ours_ms + figures.sdk_ms) > 0
    assert figures.ratio > 0


@pytest.mark.parametrize("module", ["opening", "parent", "pipe", "stdio"])
def test_what_runs_before_the_sdk_is_imported_imports_little(module: str) -> None:
    check = (
        f"import sys, ai_memory.faces.mcp.{module}\n"
        "heavy = {'mcp', 'pydantic', 'numpy', 'apsw', 'onnxruntime', 'usearch', 'ai_memory.compose'}\n"
        "sys.exit(', '.join(sorted(heavy & sys.modules.keys())))"
    )
    subprocess.run([sys.executable, "-c", check], check=True, capture_output=True, timeout=60)


def test_a_server_is_built_without_the_memorys_libraries() -> None:
    check = (
        "import sys, ai_memory.faces.mcp.server, ai_memory.faces.mcp.wire\n"
        "heavy = {'numpy', 'apsw', 'onnxruntime', 'usearch', 'ai_memory.compose'}\n"
        "sys.exit(', '.join(sorted(heavy & sys.modules.keys())))"
    )
    subprocess.run([sys.executable, "-c", check], check=True, capture_output=True, timeout=60)

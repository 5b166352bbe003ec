"""The served OpenAPI document keeps its word: schemathesis asks a real server all of it.

Two of its checks stay out, because the document says less than the decoder knows: a null that
counts as absent is refused by the schema and accepted by the server, and rules beyond a schema (a
cursor is one that was given out, a title is free) refuse what the schema accepts.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import httpx2
import pytest
from tests.faces.cli.shell import serving

from ai_memory.faces.http.routes import API, OPENAPI_PATH

# The short form runs with the suite and always asks the same; `make fuzz` asks more, and anew.
CASES: Final = os.environ.get("AI_MEMORY_FUZZ_CASES", "")
SHORT: Final = ("--max-examples", "15", "--generation-deterministic")
FRESH: Final = ("--generation-database", "none")
LONG_SECS_MAX: Final = 3600.0
CHECKS: Final = "positive_data_acceptance,negative_data_rejection"


@pytest.mark.slow
def test_no_answer_breaks_the_document(tmp_path: Path) -> None:
    with serving(tmp_path) as node:
        for title in ("Tea", "Coffee", "Water"):
            stored = {"title": title, "content": f"Ada likes {title}.", "tags": ["drink"]}
            httpx2.post(f"{node.url}{API}/memories", json=stored).raise_for_status()
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli"),
                *("--config-file", str(Path(__file__).with_name("schemathesis.toml"))),
                *("run", node.url + OPENAPI_PATH, "--no-color", "--warnings", "off"),
                *("--checks", "all", "--exclude-checks", CHECKS, "--continue-on-failure"),
                *("--request-timeout", "20"),
                *(("--max-examples", CASES, *FRESH) if CASES else SHORT),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=LONG_SECS_MAX,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Selected: 0" not in done.stdout
        assert node.process.poll() is None
        node.process.terminate()
        _out, complaints = node.process.communicate(timeout=60)
    assert node.process.returncode == 0
    assert complaints == b""

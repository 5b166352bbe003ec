from __future__ import annotations

import subprocess
import sys

HEAVY = ("numpy", "onnx", "onnxruntime", "tokenizers", "httpx2", "google.protobuf")


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = (
        "import sys, ai_memory.adapters.embedder; "
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"

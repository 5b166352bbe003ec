"""Types are used for the first time by many threads at once, and nobody dies of it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import ai_memory

SOURCES = Path(ai_memory.__file__).parent

FIRST_USES = """
import sys, threading
from ai_memory import typed
from ai_memory.errors import ValidationFailed
from ai_memory.model.decode import decode_fields
from ai_memory.model.record import RECORD_TYPES
from ai_memory.operations.registry import OPERATIONS, command_type

sys.setswitchinterval(1e-6)
kinds = [command_type(operation) for operation in OPERATIONS]
ready = threading.Barrier(8)

def use():
    for kind in kinds:
        ready.wait()
        try:
            decode_fields(kind, {"namespace": "a"})
        except ValidationFailed:
            pass
    for kind in RECORD_TYPES.values():
        ready.wait()
        try:
            typed.decode_json(b"{}", kind)
        except Exception as error:
            assert "missing" in str(error), error

threads = [threading.Thread(target=use) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(kinds))
"""


def test_many_threads_use_every_type_first() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FIRST_USES], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) > 40


def test_only_one_module_decodes_into_a_type() -> None:
    for path in SOURCES.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and path != SOURCES / "typed.py":
                assert not into_a_type(call), f"{path}:{call.lineno}: use ai_memory.typed"


def into_a_type(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    return name.startswith("msgspec.") and (
        name.endswith(".convert")
        or (name.endswith(".Decoder") and bool(call.args or call.keywords))
        or (name.endswith(".decode") and any(word.arg == "type" for word in call.keywords))
    )

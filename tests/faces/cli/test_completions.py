from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.faces.cli.shell import Shell

from ai_memory.faces.cli.command import commands

BASH = shutil.which("bash")


@pytest.mark.skipif(BASH is None, reason="bash is not here")
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("sto", {"store"}),
        ("archiv", None),
        ("store --on-con", {"--on-conflict"}),
        ("store --on-conflict ", {"error", "merge", "version"}),
        ("--json list --ti", {"--tier"}),
        ("recall --level k", {"keyword"}),
    ],
)
def test_bash_completes(words: str, found: set[str] | None, sh: Shell, tmp_path: Path) -> None:
    script = tmp_path / "completion.bash"
    script.write_text(sh.ok("completions", "bash").out)
    *before, word = ["ai-memory", *words.split(" ")]
    listed = " ".join(f"'{one}'" for one in [*before, word])
    program = (
        f"source {script}; COMP_WORDS=({listed}); COMP_CWORD={len(before)}; _ai_memory; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    assert BASH is not None
    done = subprocess.run([BASH, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    offered = set(done.stdout.split())
    if found is None:
        found = {name for name in commands() if name.startswith(words)}
    assert offered == found


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_hear_of_every_command(shell: str, sh: Shell) -> None:
    text = sh.ok("completions", shell).out
    for name in commands():
        assert name in text
    assert "on-conflict" in text


def test_a_shell_must_be_known(sh: Shell) -> None:
    assert sh("completions", "tcsh").code == 2
    assert "bash, zsh, fish" in sh("completions").err

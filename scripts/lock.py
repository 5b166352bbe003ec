"""Resolves requirements/run.txt and requirements/dev.txt; `make lock` calls it with a path to uv.

run.txt is what running needs, dev.txt what tests and checks need beside it, at versions that go
together. Words after the path are uv's: --upgrade.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "requirements"
NAME = re.compile(r"^([a-z0-9-]+)==", re.MULTILINE)
HEAD = """\
# This file was written by `make lock`: what tests and checks need beside run.txt.
"""


def resolve(uv: str, words: list[str], extra: str, output: Path, *constraints: str) -> None:
    command = [
        *(uv, "pip", "compile", "--quiet", *words, "--extra", extra, "--universal"),
        *("--python-version", "3.11", "--fork-strategy", "fewest", "--generate-hashes"),
        *("--no-emit-index-url", "--no-emit-find-links", "--custom-compile-command", "make lock"),
        *("--output-file", str(output), *constraints, "pyproject.toml"),
        str(FOLDER / "build.in"),
    ]
    subprocess.run(command, check=True, cwd=FOLDER.parent)


def entries(text: str) -> list[str]:
    """Each requirement with its hashes and what wants it."""
    starts = [match.start() for match in NAME.finditer(text)]
    return [text[at:end] for at, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def main() -> None:
    uv, *words = sys.argv[1:]
    run, dev = FOLDER / "run.txt", FOLDER / "dev.txt"
    resolve(uv, words, "semantic", run)
    running = set(NAME.findall(run.read_text()))
    with tempfile.TemporaryDirectory() as folder:
        every = Path(folder) / "every.txt"
        if dev.exists():  # versions stay as they are, unless --upgrade says otherwise
            every.write_text(run.read_text() + dev.read_text())
        resolve(uv, words, "dev", every, "--constraints", str(run))
        beside = [
            entry for entry in entries(every.read_text()) if NAME.findall(entry)[0] not in running
        ]
    dev.write_text(HEAD + "".join(beside))
    sys.stdout.write(f"requirements: {len(running)} packages to run, {len(beside)} to develop\n")


if __name__ == "__main__":
    main()

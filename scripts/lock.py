"""Resolves requirements/run.txt, e5.txt and dev.txt; `make lock` calls it with a path to uv.

run.txt is what running needs, e5.txt what the model for other languages needs beside it, dev.txt
what tests and checks need beside run.txt; at versions that go together. Words after the path are
uv's: --upgrade.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "requirements"
NAME = re.compile(r"^([a-z0-9-]+)==", re.MULTILINE)
HEAD = "# This file was written by `make lock`: what {what} beside run.txt.\n"
BESIDE = {"e5": "the model for other languages needs", "dev": "tests and checks need"}


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
    run = FOLDER / "run.txt"
    resolve(uv, words, "semantic", run)
    running = set(NAME.findall(run.read_text()))
    sys.stdout.write(f"requirements: {len(running)} packages to run")
    for extra, what in BESIDE.items():
        output = FOLDER / f"{extra}.txt"
        with tempfile.TemporaryDirectory() as folder:
            every = Path(folder) / "every.txt"
            if output.exists():  # versions stay as they are, unless --upgrade says otherwise
                every.write_text(run.read_text() + output.read_text())
            resolve(uv, words, extra, every, "--constraints", str(run))
            beside = [
                entry
                for entry in entries(every.read_text())
                if NAME.findall(entry)[0] not in running
            ]
        output.write_text(HEAD.format(what=what) + "".join(beside))
        sys.stdout.write(f", {len(beside)} more for {extra}")
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()

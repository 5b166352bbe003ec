"""Whatever happens, a person reads a sentence and a script reads an exit code."""

from __future__ import annotations

import os
import signal
import string
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.faces.cli.shell import SECS, Shell, command, process

from ai_memory.faces.cli import operation
from ai_memory.faces.cli.command import commands

posix = pytest.mark.skipif(os.name != "posix", reason="signals and pipes as POSIX has them")


@posix
@pytest.mark.parametrize("where", ["title", "path"])
def test_bytes_that_are_no_text(where: str, tmp_path: Path) -> None:
    words: dict[str, list[str | bytes]] = {
        "title": ["store", "-T", b"caf\xe9", "-c", "x"],
        "path": ["--db", os.fsencode(tmp_path) + b"/\xff.db", "stats"],
    }
    outcome = process(*words[where])
    assert outcome.code == 2
    assert outcome.err.startswith("error: the argument '")
    assert "is not valid UTF-8 text" in outcome.err


@posix
@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "en_US.ISO-8859-1"])
def test_the_locale_does_not_matter(locale: str) -> None:
    env = {"LC_ALL": locale, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    stored = process("store", "-T", "Café ☕".encode(), "-c", "日本語", env=env)
    assert stored.code == 0, stored
    assert "Café ☕" in process("list", env=env).out


@posix
@pytest.mark.parametrize(
    "words", [("list",), ("list", "--json"), ("--help",), ("list", "--help"), ("export",)]
)
def test_a_reader_that_leaves_is_no_traceback(words: tuple[str, ...], sh: Shell) -> None:
    sh.store("Coffee")
    with subprocess.Popen(
        command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        running.stdout.close()
        _out, err = running.communicate(timeout=SECS)
    assert running.returncode == 141
    assert err == b""


@posix
def test_a_closed_stdout_and_stderr_are_no_traceback(sh: Shell) -> None:
    sh.store("Coffee")
    for closing in ("exec >&-", "exec 2>&-", "exec >&- 2>&- <&-"):
        shell = subprocess.run(
            ["/bin/sh", "-c", f'{closing}; "$@"', "sh", *command("list")],
            capture_output=True,
            timeout=SECS,
            check=False,
        )
        assert shell.returncode == 0, shell
        assert shell.stderr == b""


@posix
def test_a_full_disk_behind_stdout_is_said(sh: Shell) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    sh.store("Coffee")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command("list"), stdout=full, stderr=subprocess.PIPE, timeout=SECS, check=False
        )
    assert done.returncode == 1
    assert done.stderr.decode().startswith("error: the output cannot be written")


@posix
def test_ctrl_c_ends_with_130_and_keeps_what_was_imported(tmp_path: Path, sh: Shell) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(
        command("import", "--format", "jsonl", str(pipe)), stderr=subprocess.PIPE
    ) as running:
        # Opening blocks until the command has opened the other end.
        with pipe.open("wb", buffering=0) as writing:
            for _try in range(1_000_000):  # it looks in, closes and opens again
                with suppress(BrokenPipeError):
                    writing.write(b'{"title": "One", "content": "x"}\n' * 3)
                    break
            running.send_signal(signal.SIGINT)
            assert running.wait(SECS) == 130
        assert running.stderr is not None
        assert running.stderr.read() == b"interrupted\n"
    assert sh.ok("stats", "--json").json["total"] in (0, 1)


def test_a_fault_of_ours_is_one_sentence(sh: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_words: object) -> None:
        raise ZeroDivisionError("a detail nobody should see")

    monkeypatch.setattr(operation, "show", broken)
    outcome = sh("stats")
    assert outcome.code == 1
    assert outcome.err.startswith("error: internal error\n")
    assert "ZeroDivisionError; set AI_MEMORY_DEBUG=1" in outcome.err
    assert "detail" not in outcome.err
    assert sh("stats", "--json").problem["code"] == "INTERNAL"
    monkeypatch.setenv("AI_MEMORY_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        sh("stats")


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda path: path.mkdir(), "is a folder, not a database file"),
        (lambda path: path.write_bytes(os.urandom(4096)), "not a sound SQLite database"),
    ],
    ids=["folder", "garbage"],
)
def test_a_database_that_is_none(sh: Shell, tmp_path: Path, make: object, error: str) -> None:
    assert callable(make)
    make(tmp_path / "memory.db")
    outcome = sh("stats")
    assert outcome.code == 1
    assert error in outcome.err


WORDS = [
    *(name for name in commands() if name not in ("serve", "mcp", "eval", "bench")),
    "help", "--db", "--json", "--level", "--tier", "--quiet", "--agent-id", "--config", "-h", "-V",
    "--", "-", "-T", "-c", "-n", "-t", "-p", "-S", "--tags", "--limit", "--cursor", "--metadata",
    "--expires-at", "--since", "--ttl-secs", "--on-conflict", "--budget-tokens", "--context-tokens",
    "--as-agent", "--confidence", "--scope", "--accept", "--format", "--fix", "keyword", "semantic",
    "short", "merge", "1", "-1", "0", "1e999", "nan", "null", "{}", "[1]", "2026-01-01", "a,b", "",
]  # fmt: skip
# No slash, so that no path leads out of the test's folder; no u or b after a dash, so that no call
# goes to a network.
TEXT = st.text(
    st.characters(exclude_characters="/~.\\"), max_size=20
).filter(lambda text: not text.startswith(("--u", "--b")))  # fmt: skip


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(words=st.lists(st.sampled_from(WORDS) | TEXT, max_size=8), stdin=st.binary(max_size=40))
def test_no_words_make_a_traceback(words: list[str], stdin: bytes, sh: Shell) -> None:
    outcome = sh(*words, stdin=stdin)
    assert outcome.code in (0, 1, 2), outcome
    assert "internal error" not in outcome.err, outcome
    if outcome.code == 2 and "doctor" not in words:
        assert outcome.err != ""


FIELDS = st.dictionaries(
    st.sampled_from(
        ["-T", "-c", "-n", "-t", "-p", "--tags", "--confidence", "-S", "--metadata", "--scope",
         "--ttl-secs", "--expires-at", "--on-conflict", "--agent-id"]
    ),
    st.text(string.printable, max_size=30) | st.text(max_size=30) | st.integers().map(str),
)  # fmt: skip


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(fields=FIELDS)
def test_a_refused_store_leaves_nothing_behind(fields: dict[str, str], sh: Shell) -> None:
    before = sh.ok("stats", "--json").json["total"]
    outcome = sh("store", "--json", *(f"{name}={text}" if name.startswith("--") else f"{name}{text}"
                                     for name, text in fields.items()))  # fmt: skip
    after = sh.ok("stats", "--json").json["total"]
    assert outcome.code in (0, 1, 2)
    assert after - before == (1 if outcome.code == 0 and not outcome.json.get("duplicate") else 0)
    if outcome.code:
        assert outcome.problem["code"] in ("VALIDATION_FAILED", "CONFLICT", "CONFIG_INVALID")


def test_a_hint_names_commands_and_not_tools(sh: Shell) -> None:
    assert "hint: List what exists with `ai-memory list`;" in sh("get", "nobody").err
    archive = sh("archive", "restore", "nobody")
    assert archive.err.endswith("hint: List the archive with `ai-memory archive-list`.\n")
    assert "`ai-memory list`" in sh("get", "nobody", "--json").problem["hint"]

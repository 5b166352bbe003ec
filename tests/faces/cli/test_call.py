"""Global flags, environment, unknown words: how a command line is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.faces.cli.shell import Shell, process

from ai_memory.errors import ValidationFailed
from ai_memory.faces.cli.call import repair, split
from ai_memory.version import __version__


def test_global_flags_stand_before_or_after_the_command(sh: Shell, tmp_path: Path) -> None:
    db = str(tmp_path / "other.db")
    before = sh.ok("--db", db, "--json", "--agent-id", "ada", "store", "-T", "One", "-c", "x")
    after = sh.ok("store", "-T", "Two", "-c", "x", f"--db={db}", "--json", "--agent-id", "ada")
    assert before.json["agent_id"] == after.json["agent_id"] == "ada"
    assert sh.ok("--json", "stats", "--db", db).json["total"] == 2
    assert not (tmp_path / "memory.db").exists()


def test_the_flag_outweighs_the_environment(
    sh: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sh.store("Coffee")
    assert sh.ok("stats", "--json").json["total"] == 1
    assert sh.ok("--db", str(tmp_path / "b.db"), "stats", "--json").json["total"] == 0
    monkeypatch.setenv("AI_MEMORY_TIER", "semantic")
    assert sh.ok("health", "--json").json["level"] == "semantic"
    assert sh.ok("health", "--json", "--tier", "keyword").json["level"] == "keyword"
    assert sh.ok("--level", "keyword", "health", "--json").json["level"] == "keyword"


def test_a_settings_file_is_named_with_config(sh: Shell, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('default_namespace = "notes"\n')
    stored = sh.ok("store", "-T", "Coffee", "-c", "x", "--config", str(file), "--json")
    assert stored.json["namespace"] == "notes"
    missing = sh("stats", "--config", str(tmp_path / "none.toml"))
    assert missing.code == 2
    assert "there is no settings file" in missing.err


def test_a_bad_setting_names_itself(sh: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_MEMORY_TIER", "keywrod")
    outcome = sh("stats")
    assert outcome.code == 2
    assert "tier (env AI_MEMORY_TIER) must be one of" in outcome.err
    assert "did you mean keyword?" in outcome.err


@pytest.mark.parametrize(
    ("namespace", "expected"), [("", "lighthouse"), ("notes/today", "notes/today")]
)
def test_the_namespace_of_a_store(
    sh: Shell, monkeypatch: pytest.MonkeyPatch, namespace: str, expected: str
) -> None:
    monkeypatch.setenv("AI_MEMORY_NAMESPACE", namespace)
    assert sh.ok("store", "-T", "Coffee", "-c", "x", "--json").json["namespace"] == expected
    sh.store("Tea", "x", "-n", "elsewhere")
    assert sh.ok("list", "--json").json["count"] == 2


def test_the_namespace_of_a_folder_without_git(
    sh: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "My notes").mkdir()
    monkeypatch.chdir(tmp_path / "My notes")
    assert sh.ok("store", "-T", "Coffee", "-c", "x", "--json").json["namespace"] == "My-notes"


@pytest.mark.parametrize(
    ("words", "code", "error", "hint"),
    [
        (("stroe",), 2, "unknown command 'stroe'", "Did you mean `ai-memory store`?"),
        (("xyzzy",), 2, "unknown command 'xyzzy'", "`ai-memory --help` lists the commands."),
        (("recall", "x", "--lmit", "3"), 2, "unknown option '--lmit'", "Did you mean --limit?"),
        (("list", "--limit=1", "--tiers=mid"), 2, "unknown option '--tiers'", "--tier?"),
        (("--jsn", "list"), 2, "unknown option '--jsn'", "Did you mean --json?"),
        (("--limit", "3", "list"), 2, "unknown option '--limit'", "stand after it"),
        (("list", "surplus"), 2, "unexpected argument 'surplus'", "Quote text"),
        (("list", "--limit"), 2, "--limit: expected one argument", "`ai-memory list --help`"),
        (("list", "--limit", "three"), 2, "limit: expected `int`", ""),
        (("remember", "x"), 2, "unknown command 'remember'", "Did you mean `ai-memory store`?"),
        (("rm", "x"), 2, "unknown command 'rm'", "Did you mean `ai-memory delete`?"),
        (("get",), 2, "id is required", ""),
        (("recall",), 2, "context is required", ""),
        (("store", "-T", "x", "-c", "x", "-p", "11"), 2, "priority: expected `int` <= 10", ""),
        (("store", "-T", "x", "-c", "x", "--metadata", "{"), 2, "--metadata is not valid", "Write"),
        (("store", "-T", "x", "-c", "x", "--metadata", "[]"), 2, "metadata: expected `object`", ""),
        (("--tier", "keyword", "list"), 2, "tier: invalid enum value", "--level sets the feature"),
        (("help", "stroe"), 2, "unknown command 'stroe'", "`ai-memory store`"),
    ],
)
def test_what_is_wrong_is_named(
    sh: Shell, tmp_path: Path, words: tuple[str, ...], code: int, error: str, hint: str
) -> None:
    outcome = sh(*words)
    assert outcome.code == code
    assert outcome.out == ""
    assert outcome.err.startswith(f"error: {error}")
    assert hint in outcome.err.partition("\nhint: ")[2]
    assert not (tmp_path / "memory.db").exists(), "a malformed command must leave nothing behind"


def test_with_json_an_error_is_json_on_stderr(sh: Shell) -> None:
    for words in (("get", "nothing", "--json"), ("--json", "stroe"), ("list", "--x", "--json")):
        outcome = sh(*words)
        assert outcome.code != 0
        assert outcome.out == ""
        assert set(outcome.problem) >= {"error", "code", "message", "hint"}
        assert outcome.problem["error"] == outcome.problem["message"]
    assert sh("get", "nothing", "--json").problem["code"] == "NOT_FOUND"


def test_the_version(sh: Shell) -> None:
    for word in ("--version", "-V"):
        assert sh.ok(word).out == f"ai-memory {__version__}\n"


def test_the_module_is_the_program() -> None:
    assert process("--version").out == f"ai-memory {__version__}\n"


def test_a_value_that_looks_like_a_command_is_a_value() -> None:
    words = split(["--db", "store", "--json", "recall", "list", "--limit", "3"])
    assert words.before == ["--db", "store", "--json"]
    assert words.command == "recall"
    assert words.after == ["list", "--limit", "3"]


def test_a_query_may_begin_with_a_dash(sh: Shell) -> None:
    sh.store("Coffee", "milk free")
    assert sh.ok("search", "--json", "--", "-milk").code == 0


@pytest.mark.parametrize("word", ["\udcff", "a\udce4b", "a\0b"])
def test_words_that_are_no_text_are_refused(word: str) -> None:
    with pytest.raises(ValidationFailed, match="not valid UTF-8"):
        repair(["store", word])


def test_words_that_the_locale_could_not_read_are_read() -> None:
    undecoded = "café".encode().decode("ascii", "surrogateescape")
    assert repair([undecoded, "plain"]) == ["café", "plain"]

"""A memory's life on the command line, as a person and as a program reads it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.faces.cli.shell import Shell


def test_store_says_what_it_stored(sh: Shell) -> None:
    outcome = sh.ok("store", "-T", "Coffee", "-c", "Ada drinks her coffee black.")
    assert outcome.out.startswith("stored: ")
    assert outcome.out.endswith(" [mid] (ns=lighthouse)\n")
    assert outcome.err == ""


def test_store_takes_every_field(sh: Shell) -> None:
    stored = sh.ok(
        "store", "-T", "Tea", "-c", "Grace takes milk.", "-n", "team/kitchen", "-t", "short",
        "--tags", "a, b,,c", "--tags", "d", "-p", "9", "--confidence", "0.5", "-S", "user",
        "--metadata", '{"k": [1, null]}', "--scope", "team", "--ttl-secs", "60",
        "--on-conflict", "version", "--agent-id", "ai:test", "--json",
    ).json  # fmt: skip
    assert stored["namespace"] == "team/kitchen"
    assert stored["tier"] == "short"
    assert stored["tags"] == ["a", "b", "c", "d"]
    assert stored["priority"] == 9
    assert stored["confidence"] == 0.5
    assert stored["source"] == "user"
    assert stored["metadata"] == {"k": [1, None], "scope": "team", "agent_id": "ai:test"}
    assert stored["agent_id"] == "ai:test"


def test_the_defaults_of_store_are_the_command_lines(sh: Shell) -> None:
    stored = sh.ok("store", "-T", "Tea", "-c", "x", "--json").json
    assert stored["source"] == "cli"
    assert stored["namespace"] == "lighthouse"
    assert stored["agent_id"].startswith("host:")


def test_a_taken_title_is_refused_merged_or_numbered(sh: Shell) -> None:
    first = sh.store("Tea", "Green.")
    refused = sh("store", "-T", "Tea", "-c", "Black.")
    assert refused.code == 1
    assert refused.out == ""
    assert refused.err.startswith("error: memory with title 'Tea' already exists")
    assert f"existing id: {first}" in refused.err
    assert "\nhint: " in refused.err
    merged = sh.ok("store", "-T", "Tea", "-c", "Black.", "--on-conflict", "merge")
    assert merged.out == f"merged: {first} [mid] (ns=lighthouse)\n"
    assert sh.ok("store", "-T", "Tea", "-c", "x", "--on-conflict=version", "--json").json[
        "title"
    ] == ("Tea (2)")


def test_what_says_otherwise_is_a_warning_on_stderr_and_quiet_silences_it(sh: Shell) -> None:
    first = sh.store("Coffee machine", "The coffee machine costs 400 euros.")
    assert sh.ok("store", "-T", "Coffee machine manual", "-c", "It is in the drawer.").err == ""
    outcome = sh.ok("store", "-T", "Price", "-c", "The coffee machine costs 450 euros.")
    assert outcome.err == (
        "warning: 1 memory in same namespace may say otherwise (potential contradictions): "
        f"{first[:8]}\n"
    )
    more = sh.ok("store", "-T", "Coffee", "-c", "The coffee machine costs 470 euros.", "--quiet")
    assert more.err == ""


def test_recall_shows_ranked_memories(sh: Shell) -> None:
    found = sh.store("Coffee", "Ada drinks\nher coffee black.", "-p", "7")
    sh.store("Weather", "It rains in Tartu.")
    outcome = sh.ok("recall", "how", "does", "Ada", "like", "her", "coffee")
    first, preview, blank, *_rest, last = outcome.out.splitlines()
    assert first.startswith(f"[mid/{found[:8]}] Coffee ")
    score = float(first.partition("score=")[2][:4])
    assert first.partition("█")[2].count("█") + 1 == pytest.approx(10 * score, abs=0.6)
    assert first.endswith("(ns=lighthouse, 0x, just now)")
    assert preview == "  Ada drinks her coffee black."
    assert blank == ""
    assert last.endswith("recalled [keyword]")


def test_recall_as_json_is_the_operations_result(sh: Shell) -> None:
    found = sh.store("Coffee", "Ada drinks her coffee black.")
    result = sh.ok("--json", "recall", "coffee", "--limit", "3", "--budget-tokens", "100").json
    assert [memory["id"] for memory in result["memories"]] == [found]
    assert result["mode"] == "keyword"
    assert result["budget_tokens"] == 100
    assert set(result) >= {"memories", "count", "mode", "tokens_used", "meta"}


def test_recall_explains_when_asked(sh: Shell) -> None:
    sh.store("Coffee", "Ada drinks her coffee black.")
    assert "  words 0." in sh.ok("recall", "coffee", "--explain").out


def test_recall_tells_what_a_budget_left_out(sh: Shell) -> None:
    for number in range(3):
        sh.store(f"Coffee {number}", "Ada drinks her coffee black. " * 20)
    outcome = sh.ok("recall", "coffee", "--budget-tokens", "150")
    assert "1 memory recalled" in outcome.out
    assert "left out" in outcome.err


def test_nothing_found_is_said_on_stderr_and_is_no_failure(sh: Shell) -> None:
    for words in (("recall", "x"), ("search", "x"), ("list",), ("namespaces",)):
        outcome = sh.ok(*words)
        assert outcome.out == ""
        assert outcome.err.startswith("no ")


def test_recall_touches_are_written_before_the_process_ends(sh: Shell) -> None:
    found = sh.store("Coffee", "Ada drinks her coffee black.")
    sh.ok("recall", "coffee")
    sh.ok("recall", "coffee")
    assert sh.ok("get", found, "--json").json["access_count"] == 2


def test_search_and_list_page(sh: Shell) -> None:
    for number in range(3):
        sh.store(f"Note {number}")
    page = sh.ok("search", "note", "--limit", "2")
    assert page.out.endswith("\n2 of 3 results\n")
    cursor = page.err.rsplit(" ", 1)[-1].strip()
    assert sh.ok("search", "note", "--limit", "2", "--cursor", cursor).out.endswith("3 results\n")
    listed = sh.ok("list", "--limit", "1", "-t", "mid", "-n", "lighthouse")
    assert listed.out.startswith("[mid/")
    assert "(p=5, ns=lighthouse, just now)" in listed.out


def test_list_filters_by_agent_when_the_flag_is_given_and_not_by_the_environment(
    sh: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    sh.store("Mine", "x", "--agent-id", "ada")
    sh.store("Yours", "x", "--agent-id", "grace")
    assert sh.ok("list", "--agent-id", "ada", "--json").json["count"] == 1
    monkeypatch.setenv("AI_MEMORY_AGENT_ID", "ada")
    assert sh.ok("list", "--json").json["count"] == 2
    assert sh.ok("store", "-T", "Third", "-c", "x", "--json").json["agent_id"] == "ada"


def test_get_update_history_promote_delete_take_a_prefix(sh: Shell) -> None:
    full = sh.store("Coffee", "Black.")
    prefix = full[:6]
    assert "Black." in sh.ok("get", prefix).out
    assert sh.ok("update", prefix, "-c", "White.", "--tags", "x,y").out == (
        f"updated: {full} [Coffee]\n"
    )
    history = sh.ok("history", prefix).out
    assert "White." in history
    assert "Black." in history
    assert f"2 of 2 versions of {full}" in history
    assert sh.ok("promote", prefix).out == f"promoted to long-term: {full}\n"
    assert sh.ok("get", full, "--json").json["tier"] == "long"
    assert sh.ok("delete", prefix).out == f"deleted: {full}\n"
    missing = sh("get", prefix)
    assert missing.code == 1
    assert missing.err.startswith(f"error: memory not found: {prefix}\n")


def test_an_ambiguous_prefix_lists_its_matches(sh: Shell) -> None:
    lines = [json.dumps({"id": f"note-{at}", "title": f"{at}", "content": "x"}) for at in "ab"]
    sh.ok("import", "-", stdin="\n".join(lines).encode())
    outcome = sh("get", "note")
    assert outcome.code == 1
    assert outcome.err.startswith("error: ambiguous ID prefix 'note': 2 matches\n")
    assert "\nmatches: note-a, note-b\n" in outcome.err
    assert sh.ok("get", "note-a", "--json").json["title"] == "a"


def test_an_empty_expiry_makes_a_memory_last(sh: Shell) -> None:
    found = sh.store("Coffee")
    assert "expires_at" in sh.ok("get", found, "--json").json
    sh.ok("update", found, "--expires-at", "")
    assert "expires_at" not in sh.ok("get", found, "--json").json


def test_an_update_changes_only_what_is_named(sh: Shell) -> None:
    found = sh.store("Coffee", "Black.", "-p", "7", "--tags", "a")
    sh.ok("update", found, "-p", "3")
    memory = sh.ok("get", found, "--json").json
    assert (memory["priority"], memory["tags"], memory["content"]) == (3, ["a"], "Black.")
    sh.ok("update", found, "--tags", "")
    assert sh.ok("get", found, "--json").json["tags"] == []


def test_promote_to_an_ancestor_makes_a_copy(sh: Shell) -> None:
    found = sh.store("Coffee", "x", "-n", "team/kitchen")
    outcome = sh.ok("promote", found, "--to-namespace", "team")
    assert outcome.out.startswith(f"promoted (vertical): {found[:8]} → team (clone: ")
    shown = sh.ok("get", sh.ok("list", "-n", "team", "--json").json["memories"][0]["id"]).out
    assert f"--[derived_from]--> {found}" in shown


def test_stats_namespaces_capabilities_and_health_read_well(sh: Shell) -> None:
    sh.store("Coffee", "x", "-n", "team/kitchen")
    stats = sh.ok("stats").out
    assert "total memories       1" in stats
    assert "  mid: 1" in stats
    assert "  team/kitchen: 1 memory" in stats
    assert sh.ok("namespaces").out == "  team/kitchen: 1 memory\n"
    assert "feature level keyword" in sh.ok("capabilities").out
    assert "memory_store" in sh.ok("capabilities", "--family", "core", "--include-schema").out
    assert sh.ok("health").out.startswith("ok: ai-memory ")


def test_nothing_of_a_memory_commands_the_terminal(sh: Shell) -> None:
    hostile = "coffee \u202etxt.exe\u2066 \u200f"  # those of ASCII are refused when stored
    trap = json.dumps({"trap": "\x1b[2J\x9b"})
    found = sh.store("Coffee \u202e", hostile, "--metadata", trap, "--tags", "t\u202eag")
    other = sh.store("Cup \u2067", "A cup for the coffee.")
    sh.ok("link", found, other)
    calls = (
        ("get", found), ("recall", "coffee"), ("search", "coffee"), ("list",), ("boot",),
        ("boot", "--format", "toon"), ("history", found), ("graph", found), ("timeline", found),
        ("graph", found, "--format", "svg"), ("graph", found, "--format", "dot"),
        ("export", "-"), ("doctor",), ("namespaces",), ("session-start",),
    )  # fmt: skip
    known = {call[0] for call in calls if sh(call[0], "--help").code == 0}
    assert known >= {"get", "recall", "search", "list", "boot", "history", "graph"}
    for call in calls:
        if call[0] in known:
            for words in (call, (*call, "--json")):
                said = sh(*words)
                shown = said.out + said.err
                commands = set(shown) & {*"\x1b\x07\x9b\r\u202e\u2066\u2067"}
                assert not commands or call[0] == "export", words
    assert r"\u202etxt.exe" in sh.ok("get", found).out
    kept = sh.ok("get", found, "--json").json
    assert (kept["content"], kept["metadata"]["trap"]) == (hostile, "\x1b[2J\x9b")


def test_nothing_of_what_was_typed_commands_the_terminal(sh: Shell, tmp_path: Path) -> None:
    for words in (
        ("get", "no\x1b]0;owned\x07such"), ("recall", "x", "--tier", "\u202e"), ("\x1b[2J",),
        ("import", str(tmp_path / "no\x1b[2Jsuch")), ("store", "--no\x9bsuch"),
    ):  # fmt: skip
        said = sh(*words)
        assert said.code != 0
        assert not set(said.out + said.err) & {*"\x1b\x07\x9b\u202e"}, words


def test_text_of_any_script_survives(sh: Shell) -> None:
    found = sh.store("咖啡 ☕", "Ада пьёт кофе. 👩🏽‍💻")
    assert sh.ok("get", found, "--json").json["content"] == "Ада пьёт кофе. 👩🏽‍💻"
    assert "咖啡 ☕" in sh.ok("recall", "咖啡").out


def test_the_level_of_store_and_recall(sh: Shell) -> None:
    sh.store("Coffee", "Ada drinks her coffee black.", "--level", "semantic")
    for words in (("--level", "semantic"), ("--tier", "semantic"), ("-T", "semantic")):
        assert sh.ok("recall", "coffee", *words, "--json").json["mode"] == "hybrid"
    assert sh.ok("recall", "coffee", "--json").json["mode"] == "keyword"
    assert sh("list", "--tier", "semantic").code == 2
    assert sh.ok("list", "--tier", "mid", "--json").json["count"] == 1


def test_a_semantic_recall_first_makes_the_vectors_that_are_missing(sh: Shell) -> None:
    sh.store("Coffee", "Ada drinks her coffee black.")
    assert sh.ok("stats", "--json").json["unembedded"] == 1
    outcome = sh.ok("recall", "coffee", "--level", "semantic")
    assert outcome.err == "note: making the vectors of 1 memory first\n"
    assert "[hybrid]" in outcome.out
    assert sh.ok("recall", "coffee", "--level", "semantic").err == ""
    assert sh.ok("stats", "--json").json["unembedded"] == 0


def test_many_missing_vectors_are_left_to_reembed(
    sh: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ai_memory.faces.cli import local

    sh.store("Coffee", "Ada drinks her coffee black.")
    sh.store("Tea", "Grace takes milk in her tea.")
    monkeypatch.setattr(local, "EMBEDDED_BEFORE_RECALL_MAX", 1)
    outcome = sh.ok("recall", "coffee", "--level", "semantic")
    assert "until later recalls or `ai-memory reembed` have made theirs" in outcome.err
    assert sh.ok("stats", "--json").json["unembedded"] == 1


def test_an_embedder_that_cannot_be_had_costs_the_vectors_only(
    sh: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AI_MEMORY_EMBEDDER", "onnx")
    monkeypatch.setenv("AI_MEMORY_EMBEDDING_PATH", str(tmp_path / "nowhere"))
    outcome = sh.ok("store", "-T", "Coffee", "-c", "x", "--level", "semantic")
    assert outcome.err.startswith("note: found by its words; ")  # no model is looked for
    outcome = sh.ok("recall", "coffee", "--level", "semantic")
    assert "keyword search only: " in outcome.err
    assert sh.ok("list", "--level", "semantic").err == ""
    assert sh.ok("recall", "coffee", "--level", "semantic", "-q").err == ""


def test_forget_and_the_archive_with_the_short_words_people_know(sh: Shell) -> None:
    ids = [sh.store(title, "A lighthouse stands there.", "-n", "sea") for title in "AB"]
    sh.ok("forget", "-n", "sea", "-p", "lighthouse", "-t", "mid")
    shown = sh.ok("archive", "list", "--limit", "1", "--offset", "1").out
    assert shown.splitlines()[-1] == "1 of 2 archived memories"
    assert sh.ok("archive", "restore", ids[0]).out.startswith("restored: ")
    assert sh.ok("archive", "list").out.splitlines()[-1] == "1 archived memory"
    assert sh.ok("help", "archive", "list").out.startswith("usage: ai-memory archive-list")


def test_what_a_command_is_about_is_written_without_a_dash(sh: Shell) -> None:
    one, two = sh.store("A"), sh.store("B")
    assert not sh.ok("detect-contradiction", one, two, "--json").json["contradicts"]
    assert sh.ok("load-family", "graph", "--json").json["family"] == "graph"
    assert sh.ok("capabilities", "--family", "core").out.startswith("core")
    assert sh.ok("archive", "add", one, two, "--json").json["count"] == 2
    nothing = sh("archive", "add")
    assert nothing.code == 2
    assert nothing.err == "error: ids is required\nhint: Full ids, at most 1,000.\n"

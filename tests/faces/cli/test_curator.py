"""`ai-memory curator`."""

from __future__ import annotations

import pytest
from tests.faces.cli.shell import Shell


def two_that_disagree(sh: Shell) -> None:
    sh.store("Server port", "The server listens on port 9077.")
    sh.store("Server port today", "The server listens on port 8080.")


def test_a_round_its_report_and_its_undoing(sh: Shell) -> None:
    two_that_disagree(sh)
    dry = sh.ok("curator", "--once", "--dry-run", "--json").json
    assert (dry["dry_run"], dry["contradictions_found"]) == (True, 1)
    assert "1 contradictions would be linked" in sh.ok("curator", "--dry-run").out
    assert sh.ok("curator", "report", "--json").json["count"] == 0
    done = sh.ok("curator", "--once", "--json").json
    (action,) = done["actions"]
    shown = sh.ok("curator", "report")
    assert action["id"] in shown.out
    assert "1 contradictions" in shown.out
    assert "undone: contradiction" in sh.ok("curator", "undo", action["id"]).out
    assert "nothing undone" in sh.ok("curator", "undo", action["id"]).out
    assert "(undone)" in sh.ok("curator", "report").out


def test_rolling_back(sh: Shell) -> None:
    two_that_disagree(sh)
    (action,) = sh.ok("curator", "--json").json["actions"]
    assert sh.ok("curator", "--rollback-last", "5", "--json").json["undone"] == 1
    assert "no-op: it is undone already" in sh.ok("curator", "--rollback", action["id"]).out


@pytest.mark.parametrize(
    "words",
    [
        ("--once", "--daemon"),
        ("--max-ops", "0"),
        ("--interval-secs", "5"),
        ("--rollback-last", "x"),
        ("--url", "http://127.0.0.1:1"),
    ],
)
def test_what_makes_no_sense_is_refused(sh: Shell, words: tuple[str, ...]) -> None:
    assert sh("curator", *words).code == 2

"""A Slack export: what was said, whichever of its three places says it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.formats.test_bundle import archive, left_out

from ai_memory.adapters.formats import ImportProblem, ImportRecord, open_records
from ai_memory.adapters.formats.mrkdwn import Names, readable, text_of_message

NAMES = Names({"U1": "Ada L.", "U2": "bob"}, {"C1": "general"})


def section(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": list(elements)}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


RICH = {
    "type": "rich_text",
    "elements": [
        section(
            text("Hi "),
            {"type": "user", "user_id": "U1"},
            text(" in "),
            {"type": "channel", "channel_id": "C1"},
            text(" "),
            {"type": "emoji", "name": "tada", "unicode": "1f389"},
            {"type": "emoji", "name": "ours"},
            text(" "),
            {"type": "link", "url": "https://e.org", "text": "page"},
            {"type": "link", "url": "https://f.org"},
            {"type": "broadcast", "range": "here"},
            {"type": "date", "timestamp": 1, "fallback": "May 1"},
            {"type": "color", "value": "#fff"},
        ),
        {
            "type": "rich_text_list",
            "style": "bullet",
            "indent": 1,
            "elements": [section(text("one")), section(text("two"))],
        },
        {
            "type": "rich_text_list",
            "style": "ordered",
            "offset": 2,
            "elements": [section(text("c"))],
        },
        {"type": "rich_text_quote", "elements": [text("a\nb")]},
        {"type": "rich_text_preformatted", "elements": [text("  if x:\n    y")]},
    ],
}


def test_rich_text() -> None:
    assert text_of_message({"text": "", "blocks": [RICH]}, NAMES) == (
        "Hi @Ada L. in #general 🎉:ours: page (https://e.org)https://f.org@hereMay 1#fff\n"
        "  - one\n  - two\n3. c\n> a\n> b\n  if x:\n    y"
    )


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": "see <@U2> &amp; <#C1>"},
                "fields": [{"type": "plain_text", "text": "Env"}],
            },
            "see @bob & #general\nEnv",
        ),
        ({"type": "header", "text": {"type": "plain_text", "text": "Deploy"}}, "Deploy"),
        (
            {
                "type": "context",
                "elements": [
                    {"type": "mrkdwn", "text": "by bot"},
                    {"type": "image", "alt_text": "logo"},
                ],
            },
            "by bot\n[image: logo]",
        ),
        ({"type": "actions", "elements": [{"type": "button", "text": {"text": "Undo"}}]}, "Undo"),
        ({"type": "image", "title": {"text": "Graph"}}, "[image: Graph]"),
        ({"type": "markdown", "text": "**bold**"}, "**bold**"),
        (
            {
                "type": "table",
                "rows": [
                    [
                        {"type": "raw_text", "text": "a"},
                        {"type": "rich_text", "elements": [section(text("b"))]},
                    ]
                ],
            },
            "a | b",
        ),
        ({"type": "divider"}, ""),
        ({"type": "new kind", "text": {"text": "still read"}}, "still read"),
    ],
)
def test_blocks(block: dict[str, Any], said: str) -> None:
    assert text_of_message({"blocks": [block]}, NAMES) == said


def test_attachments_and_files() -> None:
    message = {
        "text": "Build",
        "attachments": [
            {
                "fallback": "Build 77 failed",
                "pretext": "CI",
                "title": "Build 77",
                "title_link": "https://ci/77",
                "text": "failed on main",
                "fields": [{"title": "Branch", "value": "main"}],
                "footer": "ci bot",
            },
            {"fallback": "only this"},
        ],
        "files": [
            {"name": "plan.pdf", "title": "Plan"},
            {"name": "a.txt", "preview": "first lines"},
        ],
    }
    assert text_of_message(message, NAMES) == (
        "Build\nCI\nBuild 77 (https://ci/77)\nfailed on main\nBranch: main\nci bot\nonly this\n"
        "[file: Plan (plan.pdf)]\n[file: a.txt]\nfirst lines"
    )


def test_the_same_words_are_written_once() -> None:
    words = "Ship *it* on Friday"
    assert text_of_message({"text": words, "blocks": [{"type": "rich_text", "elements": [
        section(text("Ship it on Friday"))]}]}, NAMES) == words  # fmt: skip


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("<@U9|carol>", "@carol"),
        ("<#C9|old>", "#old"),
        ("<!here>", "@here"),
        ("<!subteam^S1|@team>", "@team"),
        ("<!date^1^{date}|1 May>", "1 May"),
        ("<mailto:a@b.org|a@b.org>", "a@b.org"),
        ("<https://e.org|e> &lt;3", "e (https://e.org) <3"),
        ("a <b> c", "a <b> c"),
        ("x &amp;lt; y", "x &lt; y"),
    ],
)
def test_markup(given: str, wanted: str) -> None:
    assert readable(given, NAMES) == wanted


EXPORT = {
    "users.json": [
        {"id": "U1", "name": "ada", "profile": {"display_name": "Ada L."}},
        {"id": "U2", "name": "bob"},
    ],
    "channels.json": [{"id": "C1", "name": "general", "members": ["U1", "U2"]}],
    "dms.json": [{"id": "D1", "members": ["U1", "U2"]}],
    "general/2024-03-01.json": [
        {
            "user": "U1",
            "ts": "1709280000.000100",
            "thread_ts": "1709280000.000100",
            "text": "Hi <@U1> &lt;3",
            "reactions": [{"name": "x"}],
        },
        {"subtype": "channel_join", "user": "U1", "ts": "1709280001.0", "text": "joined"},
        {"subtype": "tombstone", "text": "This message was deleted.", "ts": "1709280002.0"},
        {"user": "U2", "ts": "1709280005.0", "thread_ts": "1709280000.000100", "text": "Hello"},
        {
            "user": "U3",
            "user_profile": {"real_name": "Cy"},
            "ts": "1709280004.0",
            "text": "  code",
            "edited": {"user": "U3"},
        },
        {
            "subtype": "bot_message",
            "bot_id": "B1",
            "username": "ci",
            "ts": "1709280006.0",
            "text": "",
            "blocks": [],
        },
    ],
    "general/2024-03-02.json": [],
    "D1/2024-03-01.json": [{"user": "U2", "ts": "x", "text": "secret"}],
}


@pytest.mark.parametrize("shape", ["folder", "zip"])
def test_an_export(tmp_path: Path, shape: str) -> None:
    files = {name: json.dumps(value, indent=1) for name, value in EXPORT.items()}
    if shape == "folder":
        for name, content in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(content)
        stream = open_records(tmp_path)
    else:
        stream = open_records(archive(files))
    items = list(stream)
    assert (stream.format, stream.skipped) == ("slack", 1)
    assert not [item for item in items if isinstance(item, ImportProblem)]
    talk, day = (item for item in items if isinstance(item, ImportRecord))
    assert (talk.title, talk.content) == ("Ada L. & bob 2024-03-01", "[bob]: secret")
    assert day.title == "#general 2024-03-01"
    assert day.content == (
        "[Ada L.]: Hi @Ada L. <3\n[Cy]:   code\n[bob]: (in reply to “Hi @Ada L. <3”) Hello"
    )
    assert day.namespace == "slack-export"
    assert day.created_at == 1_709_280_000_000_100
    assert left_out(stream) == {
        "join, leave or change of a channel": [day.title],
        "deleted message": [day.title],
        "reactions to a message": [day.title],
        "message without text": [day.title],
    }

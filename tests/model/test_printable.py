"""Nothing that is shown commands the terminal it is shown in."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_memory.model.printable import printable, printable_json, printable_values

COMMANDS = [
    *map(chr, range(0x20)),
    *map(chr, range(0x7F, 0xA0)),
    *map(chr, range(0x202A, 0x202F)),
    *map(chr, range(0x2066, 0x206A)),
]
KEPT = "\n\t"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("CR\r\nLF", "CR\nLF"),
        ("over\rwritten", r"over\x0dwritten"),
        ("\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("user\u202etxt.exe", r"user\u202etxt.exe"),
        ("שלום\u200f, مرحبا\u061c", "שלום\u200f, مرحبا\u061c"),
        ("水 👩\u200d🚀 é", "水 👩\u200d🚀 é"),
    ],
)
def test_commands_are_written_out_and_text_stays(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(shown) == shown


@given(st.text(st.sampled_from([*COMMANDS, "a", "\\", "é"])))
def test_no_command_is_left(text: str) -> None:
    assert not {char for char in printable(text) if char in COMMANDS and char not in KEPT}
    assert printable_values({text: (text, 1, None)}) == {
        printable(text): [printable(text), 1, None]
    }


@given(st.text(st.sampled_from([*COMMANDS, '"', "\\", "é"])))
def test_json_stays_the_same_value(text: str) -> None:
    line = printable_json(json.dumps([text], ensure_ascii=False))
    assert not set(line) & set(COMMANDS)
    assert json.loads(line) == [text]

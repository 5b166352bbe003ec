"""The head of a note, as YAML says it and as people write it."""

from __future__ import annotations

from typing import Any

import pytest

from ai_memory.adapters.formats.front_matter import read_front, read_lines, split
from ai_memory.adapters.formats.moment import guess_date
from ai_memory.model.clock import to_rfc3339


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("'no'", "no"),
        ("true", True),
        ('"true"', "true"),
        ("3", 3),
        ("01234", "01234"),
        ("1.10", "1.10"),
        ("2.5", 2.5),
        ("12:30:45", "12:30:45"),
        ("2024-05-01", "2024-05-01"),
        ("~", None),
        ("", None),
        ("0o17", "0o17"),
        ("1e3", "1e3"),
        (".nan", ".nan"),
        ("-7", -7),
        ("99999999999999999999", "99999999999999999999"),
        ("!!python/object:os.system x", "x"),
        ("|\n  two\n  lines\n", "two\nlines\n"),
        (">\n  two\n  lines", "two lines\n"),
        ("[a, [b, {c: d}]]", ["a", ["b", {"c": "d"}]]),
        ("&a [1]", [1]),
        ("a #b", "a"),
        ('"\\u00e9\\t"', "é\t"),
        ("{x: 1}", {"x": 1}),
    ],
)
def test_values_as_they_are_written(text: str, value: object) -> None:
    front = read_front(f"key: {text}\n")
    assert front is not None
    assert (front.fields, front.fault) == ({"key": value}, "")


def test_anchors_merges_and_repeated_keys() -> None:
    front = read_front("base: &b {x: 1, y: 2}\nmore: {<<: *b, y: 3}\ntitle: a\ntitle: b\n")
    assert front is not None
    assert front.fields["more"] == {"x": 1, "y": 3}
    assert (front.fields["title"], front.repeated) == ("b", ("title",))


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("title: Foo: bar\ntags: [x]", {"title": "Foo: bar", "tags": ["x"]}),
        ("\ttitle: tab\nkind: b", {"kind": "b"}),
        ("title: [unclosed\nkind: b", {"title": "[unclosed", "kind": "b"}),
        ("tags: [#a, #b]\nkind: c", {"tags": ["#a", "#b"], "kind": "c"}),
        ("a: *nowhere\nb: c", {"a": "*nowhere", "b": "c"}),
        ("a: " + "[" * 100_000, {"a": "[" * 100_000}),
        ("a: 1\n---\nb: 2", {"a": "1", "b": "2"}),
    ],
)
def test_what_is_no_yaml_is_read_line_by_line_and_said(text: str, fields: dict[str, Any]) -> None:
    front = read_front(text)
    assert front is not None
    assert front.fields == fields
    assert front.fault


def test_aliases_cannot_make_it_grow_without_end() -> None:
    front = read_front(BOMB)
    assert front is not None
    assert "too large" in front.fault


@pytest.mark.parametrize("text", ["Just a sentence.", "- a\n- b", ""])
def test_text_between_rules_is_no_head(text: str) -> None:
    front = read_front(text)
    assert front is None or not front.fields


def test_lines_of_what_nobody_understands() -> None:
    head = "- stray\nkey: value: more\nlist:\n  - a\n\n  - b\n : nothing\nlast: [ ]"
    assert read_lines(head) == {"key": "value: more", "list": ["a", "b"], "last": []}


@pytest.mark.parametrize(
    ("text", "head", "body"),
    [
        ("---\na: 1\n---\nText", "a: 1\n", "Text"),
        ("---\r\na: 1\r\n---\r\n\r\nText\r\n", "a: 1\r\n", "\r\nText\r\n"),
        ("---\na: 1\n...\nText", "a: 1\n", "Text"),
        ("---\n---\nText", "", "Text"),
        ("---  \na: 1\n---", "a: 1\n", ""),
        ("---\nnever closed", None, "---\nnever closed"),
        ("--- a\n---\n", None, "--- a\n---\n"),
        ("Text\n---\na: 1\n---\n", None, "Text\n---\na: 1\n---\n"),
    ],
)
def test_where_the_head_ends(text: str, head: str | None, body: str) -> None:
    assert split(text) == (head, body)


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2024-02-03", "2024-02-03T00:00:00+00:00"),
        ("2024-02-03 04:05:06 +02:00", "2024-02-03T02:05:06+00:00"),
        ("2001-12-14 21:59:43.10 -5", "2001-12-15T02:59:43.100000+00:00"),
        ("2024/02/03", "2024-02-03T00:00:00+00:00"),
        ("[[2024-02-03]]", "2024-02-03T00:00:00+00:00"),
        ("3 May 2024", "2024-05-03T00:00:00+00:00"),
        ("March 3, 2024 4:05 PM", "2024-03-03T16:05:00+00:00"),
        ("Sat, 03 Feb 2024 04:05:06 +0000", "2024-02-03T04:05:06+00:00"),
        (20240203, "2024-02-03T00:00:00+00:00"),
        (1706933106, "2024-02-03T04:05:06+00:00"),
        ("12:30:45", None),
        ("02.03.2024", None),
        ("no", None),
        (["2024-02-03"], None),
    ],
)
def test_dates_as_notes_write_them(written: object, instant: str | None) -> None:
    found = guess_date(written)
    assert (None if found is None else to_rfc3339(found)) == instant


def test_a_day_that_bounds_includes_that_day() -> None:
    assert to_rfc3339(guess_date("2099-08-01", until=True) or 0) == "2099-08-02T00:00:00+00:00"
    assert guess_date("2099-08-01T10:00:00Z", until=True) == guess_date("2099-08-01T10:00:00Z")

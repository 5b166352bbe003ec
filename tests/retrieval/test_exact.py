import pytest

from ai_memory.retrieval.exact import boundaries, exact_things, index_tokens, is_exact
from ai_memory.retrieval.words import fold, index_words, terms


def found(text: str) -> list[str]:
    return [one.text for one in exact_things(text.lower())]


@pytest.mark.parametrize(
    ("text", "things"),
    [
        ("we write C++, C# and F#", ["c++", "c#", "f#"]),
        ("C/C++17 (C++)", ["c++", "c++"]),
        (".NET and node.js", [".net", ".js"]),
        ("git commit --no-verify", ["--no-verify"]),
        ("rm -rf; offset -5", ["-rf", "-5"]),
        ("`-x` (--yes)", ["-x", "--yes"]),
        ("well-known 2024-05-01 a -- b - c", []),
        ("ask @anna #urgent $HOME", ["@anna", "#urgent", "$home"]),
        ("v1.2.3 and 1.10, 192.168.0.1", ["1.2.3", "1.10", "192.168.0.1"]),
        ("a->b && c != d", ["->", "&&", "!="]),
        ("---- ==== **** ... end.", []),
        ('Prose, with (brackets) and "quotes": it isn\'t exact!', []),
    ],
)
def test_what_is_exact(text: str, things: list[str]) -> None:
    assert found(text) == things


def test_a_version_is_also_found_by_its_beginning() -> None:
    assert len(index_tokens("1.2.3")) == 2
    assert set(index_tokens("1.2")) < set(index_tokens("1.2.3"))
    assert not set(index_tokens("1.1")) & set(index_tokens("1.10"))


def test_the_index_holds_what_a_question_asks_for() -> None:
    for text in ("C++", "--no-verify", ".NET", "@anna", "v1.10", "a->b", "don't use -rf here"):
        assert set(index_words([w for w in terms(text, 9) if is_exact(w)])) <= set(
            fold(f"Before {text}, after.").split()
        )


def test_boundaries_tell_one_from_the_longer() -> None:
    import re

    assert re.search(boundaries("c++"), "c++17")
    assert not re.search(boundaries("1.1"), "1.10 11.1 2.1.1")
    assert not re.search(boundaries("-rf"), "--rf -rfx")

import re
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from ai_memory.retrieval.occurrence import (
    BUCKET_CHARS,
    OCCURRENCES_MAX,
    Event,
    occurrences,
    probes,
    spellings,
)
from ai_memory.retrieval.script import is_unspaced
from ai_memory.retrieval.words import root, searchable

WORDS = ("tea", "teas", "Tim", "time", "绿茶", "茶绿茶", "hiking", "hike", "été", "_", "\n", "—")
# Marks, and Latin that touches a script without blanks, are more than `plainly` knows.
latin = st.text(st.characters(max_codepoint=0x17F))
some_text = st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join) | latin
some_probes = st.lists(st.sampled_from(("tea", "tim", "绿茶", "hiking", "ete", "q")), unique=True)


def plainly(asked: Sequence[str], named: dict[int, set[str]], text: str) -> list[Event]:
    """One text, read word by word."""
    bared = searchable(text)
    found: list[Event] = []
    for term, probe in enumerate(asked):
        matches = []
        if is_unspaced(probe):
            matches = [match.span() for match in re.finditer(re.escape(probe), bared)]
        for match in re.finditer(r"[^\W_]+", bared):
            word = match.group()
            if not is_unspaced(probe) and word.startswith(probe):
                fits = word in named[term] if term in named else root(word) == root(probe)
                if fits or (term not in named and word == probe):
                    matches.append(match.span())
        found += [(start, term, end) for start, end in matches[:OCCURRENCES_MAX]]
    return sorted(found)


@given(some_probes, st.lists(some_text, max_size=6), st.booleans())
def test_all_texts_at_once_are_read_as_each_alone(
    words: list[str], texts: list[str], is_name: bool
) -> None:
    asked = probes(words)
    named = spellings(asked, ["tim"]) if is_name else {}
    found = occurrences(asked, named, texts)
    assert found.events == [plainly(asked, named, text) for text in texts]
    assert found.terms == [{term for _, term, _ in events} for events in found.events]
    assert found.buckets == sum(len(searchable(text)) // BUCKET_CHARS + 1 for text in texts)
    for term in range(len(asked)):
        starts = [[at for at, one, _ in events if one == term] for events in found.events]
        assert found.in_texts[term] == sum(map(bool, starts))
        assert found.in_buckets[term] == sum(len({at // BUCKET_CHARS for at in s}) for s in starts)


def test_one_text_is_not_searched_for_ever() -> None:
    found = occurrences(["tea"], {}, ["tea " * 1_000, "tea"])
    assert [len(events) for events in found.events] == [OCCURRENCES_MAX, 1]

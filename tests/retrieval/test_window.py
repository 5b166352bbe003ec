import base64
import inspect
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from ai_memory import limits
from ai_memory.adapters.embedder.minilm_weights import find_files
from ai_memory.retrieval.window import Window, _sentences, pieces, windows

PROSE = "We walked to the lake. It rained all day! Nobody minded; the tea was hot.\n" * 60
TEXTS = {
    "prose": PROSE,
    "chinese": "我昨天去了北京。天气很好，我们喝了茶。" * 80,
    "korean": "안녕하세요 저는 학생입니다. 오늘 날씨가 좋네요. " * 80,
    "russian": "Международный день памяти отмечается весной. " * 60,
    "code": inspect.getsource(inspect),
    "base64": base64.b64encode(bytes(range(256)) * 40).decode(),
    "links": "\n".join(f"https://example.com/{n * 7919}?q={n}#x" for n in range(200)),
    "table": "| a | b | c |\n|---|---|---|\n" * 200,
}


def covered(content: str, cuts: list[Window]) -> bool:
    inside = bytearray(len(content))
    for cut in cuts:
        inside[cut.start : cut.end] = b"\1" * (cut.end - cut.start)
    return all(flag or char.isspace() for flag, char in zip(inside, content, strict=True))


def test_short_content_is_one_window_with_its_title() -> None:
    assert windows("Lunch", "Soup.") == [Window(0, 5, "Lunch\nSoup.")]
    assert windows("", "Soup.") == [Window(0, 5, "Soup.")]


def test_long_content_is_cut_at_sentences_and_overlaps() -> None:
    cuts = windows("Trip", PROSE)
    assert len(cuts) > 5
    for before, after in pairwise(cuts):
        assert before.start < after.start <= before.end < after.end
    assert all(PROSE[cut.end - 1] in ".!?" for cut in cuts)
    assert all(cut.text == PROSE[cut.start : cut.end] for cut in cuts[1:])


@pytest.mark.parametrize("name", TEXTS)
def test_overlap_costs_little(name: str) -> None:
    content = TEXTS[name]
    assert sum(pieces(cut.text) for cut in windows("", content)) <= 1.5 * pieces(content)


@given(title=st.text(max_size=512), content=st.text(max_size=5_000))
def test_windows_cover_everything_and_stay_small(title: str, content: str) -> None:
    cuts = windows(title, content)
    assert cuts
    assert covered(content, cuts)
    for cut in cuts:
        assert pieces(content[cut.start : cut.end]) <= limits.WINDOW_PIECES_MAX


@given(st.text("ab. \n", min_size=2_000, max_size=6_000))
def test_every_window_moves_on(content: str) -> None:
    starts = [cut.start for cut in windows("", content)]
    assert starts == sorted(set(starts))


@pytest.mark.parametrize("name", TEXTS)
def test_the_real_tokenizer_agrees_that_windows_fit(name: str) -> None:
    tokenizer = Tokenizer.from_file(str(find_files().tokenizer))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    title = "A title of some length about the trip to the lake"
    lengths = [len(tokenizer.encode(cut.text).ids) for cut in windows(title, TEXTS[name])]
    assert max(lengths) <= 256


def test_sentences_end_where_their_signs_do() -> None:
    text = 'One ends. "Two ends!" Three… 四。五！ six\nseven 3.14 eight...nine'
    found = [text[start:end] for start, end in _sentences(text)]
    assert found == [
        *("One ends.", '"Two ends!"', "Three…", "四。", "五！", "six", "seven 3.14 eight...nine"),
    ]


@pytest.mark.parametrize("unit", [".", "!?", ' ."', "\n", "。", "a", "….)"])
def test_signs_without_end_are_cut_too(unit: str) -> None:
    text = unit * (60_000 // len(unit)) + "x"
    found = windows("title", text)
    assert found[-1].end == len(text)

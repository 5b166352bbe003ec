import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ai_memory.retrieval.character import bare, plain


@pytest.mark.parametrize(
    "same",
    [
        "café CAFÉ cafe cafe\u0301 ｃａｆｅ́",
        "straße STRASSE strasse",
        "Ąžuolas ažuolas",
        "łódź Łódź lodz",
        "ışık IŞIK isik",
        "İzmir izmir IZMIR",
        "ἄνθρωπος ανθρωπος ΑΝΘΡΩΠΟΣ",
        "ёлка елка ЁЛКА",
        "йод ЙОД и\u0306од",
        "كِتَاب كتاب كـتاب",
        "أحمد احمد",
        "שָׁלוֹם שלום",
        "バグ ﾊﾞｸﾞ ハ\u3099ク\u3099",
        "한국 \u1112\u1161\u11ab\u1100\u116e\u11a8",
        "२०२४ 2024 ２０２４ ٢٠٢٤",
        "नि\u200dयम नियम",
    ],
)
def test_spellings_of_one_word_are_one(same: str) -> None:
    assert len({bare(word) for word in same.split()}) == 1
    assert len({plain(word) for word in same.split()}) == 1


@pytest.mark.parametrize(
    "others",
    [
        "バグ ハク パク",
        "мой мои",
        "їжак іжак",
        "ќе ке",
        "का की कि कु के को क",
        "நடி நடீ",
        "ขา ข้า ข่า",
        "ດີ ດິ",
        "ກາ ກ້າ",
        "សុខ សូខ",
        "ކަ ކި",
        "ŋa na",
        "하 가",
    ],
)
def test_marks_that_make_another_word_stay(others: str) -> None:
    words = others.split()
    assert len({bare(word) for word in words}) == len(words)


@given(st.text(st.characters(codec=None, exclude_categories=())))
@example("\0")
@example("A\0é")
def test_one_form_whatever_it_was_written_in(text: str) -> None:
    form = bare(text)
    form.encode()
    assert "\0" not in form
    assert bare(form).split() == form.split()
    if "\ud800" <= max(text, default="") <= "\udfff":
        return
    assert plain(plain(text)) == plain(text)


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf"))))
def test_composed_and_decomposed_are_one(text: str) -> None:
    spellings = [unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD")]
    assert len({bare(one) for one in spellings}) == 1


@given(st.text(max_size=200))
def test_many_characters_and_few_are_treated_alike(text: str) -> None:
    assert bare(text + "".join(map(chr, range(0x4E00, 0x4E40)))).startswith(bare(text))

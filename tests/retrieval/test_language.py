from __future__ import annotations

import pytest

from ai_memory.retrieval.language import TEXTS_NEEDED, is_english, mostly_foreign

ENGLISH = [
    "Ada drinks her coffee black and never before nine.",
    "Key: under the mat, for the neighbours",
    "The façade of the café was repainted in 2019.",
    "def merge(left, right): return left if left.stamp > right.stamp else right",
    "Meeting with Jürgen Müller about the Zürich office",
]
FOREIGN = [
    "Der Schlüssel liegt nicht mehr unter der Matte.",
    "Mi hermana es alérgica a los cacahuetes.",
    "Ma sœur est allergique aux cacahuètes.",
    "Moja siostra ma alergię na orzeszki ziemne, więc zamów bez nich.",
    "Kız kardeşimin yer fıstığına alerjisi var, lütfen onsuz sipariş et.",
    "У моей сестры аллергия на арахис.",
    "我妹妹对花生过敏。",
    "น้องสาวของฉันแพ้ถั่วลิสง",
    "أختي لديها حساسية من الفول السوداني.",
    "API のキーは Vault に保存されている",
]
UNKNOWN = ["", "42", "Ada Lovelace", "https://example.com/x?q=1", "Zürich Łódź", "🎉🚀"]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [(text, verdict) for texts, verdict in ((ENGLISH, True), (FOREIGN, False), (UNKNOWN, None))
     for text in texts],
)  # fmt: skip
def test_a_text_is_english_or_not_or_says_nothing(text: str, verdict: bool | None) -> None:
    assert is_english(text) is verdict


def test_most_of_the_texts_that_tell_decide() -> None:
    assert mostly_foreign(FOREIGN + UNKNOWN * 20)
    assert not mostly_foreign(ENGLISH * 3 + FOREIGN)
    assert not mostly_foreign(FOREIGN[:5] * 3 + ENGLISH * 3)


def test_of_few_texts_nothing_is_said() -> None:
    assert not mostly_foreign(FOREIGN[: TEXTS_NEEDED - 1])

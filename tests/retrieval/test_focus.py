import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_memory.retrieval.focus import focus


@pytest.mark.parametrize(
    ("message", "asked"),
    [
        ("What did Anna paint?", "What did Anna paint?"),
        ("I moved. It rained all day.", "I moved. It rained all day."),  # nothing is asked
        (
            "Hey there! How are you doing? It rained. Anyway, what did Anna paint? Thanks a lot!",
            "Anyway, what did Anna paint?",
        ),
        ("Morning. Tell me which camera Anna bought. Have a nice day.",
         "Tell me which camera Anna bought."),
        ("Anna called me. When did she move?", "Anna called me. When did she move?"),
        ("Hola, buenos días. ¿Dónde nació Ana? Gracias.", "¿Dónde nació Ana?"),
        ("你好！今天天气很好。请问安娜什么时候搬家？谢谢", "请问安娜什么时候搬家？"),
        ("Γεια σου. Τι κάνεις; Πού γεννήθηκε η Άννα; Ευχαριστώ.", "Πού γεννήθηκε η Άννα;"),
        ("สวัสดี วันนี้อากาศดีมาก แอนนาย้ายบ้านเมื่อไหร่ ขอบคุณ", "แอนนาย้ายบ้านเมื่อไหร่"),
        ("When I was in Paris, what did I eat?", "When I was in Paris, what did I eat?"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_is_asked_is_kept(message: str, asked: str) -> None:
    assert focus(message) == asked


@given(st.text())
def test_no_text_fails_and_none_is_lost_whole(message: str) -> None:
    assert bool(focus(message).strip()) == bool(message.strip())

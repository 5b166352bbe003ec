import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_memory.retrieval.compound import HUMP, marked, parted, whole


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("HttpClientFactory", "Http Client Factory"),
        ("getUserById", "get User By Id"),
        ("HTTPServer2", "HTTP Server2"),
        ("MultiAgentV2", "Multi Agent V2"),
        ("Base64Encoder", "Base64 Encoder"),
        ("größeÄndern", "größe Ändern"),
        ("URLs", "URLs"),
        ("4K", "4K"),
        ("NASA", "NASA"),
        ("Word", "Word"),
        ("aBcDeFgHiJkLmNoPqRsTuVwX", "aBcDeFgHiJkLmNoPqRsTuVwX"),  # data
    ],
)
def test_a_joined_name_has_parts(name: str, parts: str) -> None:
    text, names, _humps = parted(f"the {name}, then")
    assert text == f"the {parts}, then"
    assert names == ([name] if parts != name else [])


@given(st.text("aB0ж茶Ж _-.\n"))
def test_nothing_is_lost(text: str) -> None:
    assert whole(marked(text)) == text
    assert parted(text)[0].replace(" ", "") == text.replace(" ", "")
    assert all(name in text and HUMP not in name for name in parted(text)[1])

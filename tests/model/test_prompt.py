"""What a text may hold, and what a prompt makes of it."""

from __future__ import annotations

import json
import random

from ai_memory.model.prompt import DATA_CLOSES, DATA_OPENS, instruction, quote

PIECES = [
    '"', "\\", "\n", "\r", "\u2028", "\x00", "}", "{", "]", "[", "<", ">", "</data>", "<data>",
    "<|im_end|>", "[INST]", "\\u003c", "data", "ä", "中", "🙂", "```", "'", "</", "&lt;",
]  # fmt: skip


def test_no_text_closes_its_quotes_and_none_is_changed() -> None:
    random_ = random.Random(4)
    for _ in range(2_000):
        data = {
            "".join(random_.choices(PIECES, k=3)): "".join(random_.choices(PIECES, k=12)),
            "b": "".join(random_.choices(PIECES, k=12)),
        }
        quoted = quote(data)
        assert quoted.startswith(f"{DATA_OPENS}\n")
        assert quoted.endswith(f"\n{DATA_CLOSES}")
        body = quoted[len(DATA_OPENS) + 1 : -len(DATA_CLOSES) - 1]
        assert not set(body) & set("<>[]\n\r")
        assert json.loads(body) == data


def test_the_instruction_names_the_marks_and_the_schema() -> None:
    text = instruction("Do it.", '{"type":"object"}')
    assert text.startswith("Do it.")
    assert DATA_OPENS in text
    assert text.endswith('{"type":"object"}')

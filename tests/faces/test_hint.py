from __future__ import annotations

import re

from ai_memory.errors import AiMemoryError, NotFound
from ai_memory.faces.hint import hint_on
from ai_memory.faces.http.reply import error_body


def test_each_face_names_an_operation_in_its_own_words() -> None:
    hint = "List what exists with memory_list; memory_unheard_of stays."
    over_http = hint_on("http", hint)
    assert over_http == "List what exists with GET /api/v1/memories; memory_unheard_of stays."
    on_the_line = "List what exists with `ai-memory list`; memory_unheard_of stays."
    assert hint_on("cli", hint) == hint_on("cli", over_http) == on_the_line


def test_no_error_over_http_names_a_tool() -> None:
    for kind in AiMemoryError.__subclasses__():
        assert not re.search(rb"memory_[a-z]", error_body(kind("It failed"))), kind
    assert b"GET /api/v1/memories" in error_body(NotFound("memory not found"))

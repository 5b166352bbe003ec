"""What a model said, read strictly."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from ai_memory import typed
from ai_memory.ports import AnswerT


class Malformed(Exception):
    """The model's words are not the answer that was asked for; the message says what is wrong."""


@cache
def schema_of(answer: type[msgspec.Struct]) -> dict[str, Any]:
    """The JSON Schema of an answer: one closed object without references, every field required.

    That is the part of JSON Schema that every server's structured outputs understand.
    """
    (root,), definitions = msgspec.json.schema_components((answer,), ref_template="#/$defs/{name}")
    schema = dict(definitions.pop(root["$ref"].rsplit("/", 1)[-1]))
    assert not definitions, "an answer is flat"
    schema.pop("title", None)
    schema.pop("description", None)
    schema["required"] = list(schema["properties"])
    schema["additionalProperties"] = False
    return schema


def read_answer(said: str, answer: type[AnswerT]) -> AnswerT:
    """The value in what a model said.

    Models that a server does not hold to a schema put the object into a fence or think aloud
    before it; the outermost braces are taken, and nothing else is forgiven.

    Raises:
        Malformed: There is no such value.
    """
    start, end = _braces(said)
    try:
        return typed.decode_json(said[start:end], answer)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as wrong:
        raise Malformed(str(wrong)) from wrong


def _braces(said: str) -> tuple[int, int]:
    thought = said.rfind("</think>")
    start = said.find("{", thought + 1)
    end = said.rfind("}") + 1
    if start < 0 or end <= start:
        raise Malformed("there is no JSON object in it")
    return start, end

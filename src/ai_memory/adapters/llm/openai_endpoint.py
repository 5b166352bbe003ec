"""Any server that speaks OpenAI's `/v1/chat/completions`: OpenAI, vLLM, llama.cpp and more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ai_memory.adapters.endpoint import Endpoint, Patience, Refusal
from ai_memory.adapters.llm.answer import Malformed
from ai_memory.adapters.llm.chat_model import ANSWER_BYTES_MAX, ANSWER_TOKENS_MAX, Message
from ai_memory.errors import LanguageModelUnavailable

OPENAI_URL: Final = "https://api.openai.com/v1"

_REFUSES_A_FIELD: Final = (400, 422)


class OpenAIChat:
    """One model of an endpoint.

    Servers differ in what they take beside the messages: one knows no `json_schema`, another no
    `max_tokens` or no `temperature`. A field that is refused is replaced or left out from then on;
    the schema stands in the instruction in any case, and the answer is read strictly.

    Args:
        model: Its name at the endpoint.
        url: With or without `/v1` and `/chat/completions`; None for OpenAI.
        api_key: Sent as a bearer token.
        patience: How long to try.
    """

    def __init__(
        self, model: str, url: str | None, api_key: str | None, patience: Patience
    ) -> None:
        self._model = model
        self._endpoint = Endpoint(
            _address(url or OPENAI_URL),
            api_key=api_key,
            patience=patience,
            service="language model",
            error=LanguageModelUnavailable,
            answer_bytes_max=ANSWER_BYTES_MAX,
        )
        self._formats = ["json_schema", "json_object"]
        self._extras: dict[str, Any] = {
            "max_tokens": ANSWER_TOKENS_MAX,
            "temperature": 0,
            "seed": 1,
        }

    def say(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> str:
        """See Chat."""
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [message._asdict() for message in messages],
        }
        while True:  # each turn gives up one of a few fields
            answer = self._endpoint.ask({**body, **self._wishes(schema)})
            if not isinstance(answer, Refusal):
                return _text(answer)
            if answer.status not in _REFUSES_A_FIELD or not self._give_up(answer.said):
                raise answer.error

    def _wishes(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """The fields that a server may refuse."""
        extras = dict(self._extras)
        match self._formats[:1]:
            case ["json_schema"]:
                extras["response_format"] = {
                    "type": "json_schema",
                    "json_schema": {"name": "answer", "strict": True, "schema": schema},
                }
            case ["json_object"]:
                extras["response_format"] = {"type": "json_object"}
        return extras

    def _give_up(self, said: str) -> bool:
        """Replace or drop the field that the server complains about; False if there is none.

        A complaint that names none is most often about the schema.
        """
        for name in list(self._extras):
            if name in said:
                value = self._extras.pop(name)
                if name == "max_tokens":
                    self._extras["max_completion_tokens"] = value
                return True
        if self._formats:
            self._formats = self._formats[1:]
            return True
        return False

    def close(self) -> None:
        """See Chat."""
        self._endpoint.close()


def _text(answer: Any) -> str:
    match answer:
        case {"choices": [{"message": {"content": str(text)}}, *_]}:
            return text
    raise Malformed("there is no message in it")


def _address(url: str) -> str:
    url = url.rstrip("/")
    if url.endswith("/chat/completions"):
        return url
    has_path = "/" in url.partition("://")[2]
    return f"{url}/chat/completions" if has_path else f"{url}/v1/chat/completions"

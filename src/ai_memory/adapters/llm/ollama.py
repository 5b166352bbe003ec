"""Ollama's `/api/chat`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ai_memory.adapters.endpoint import Endpoint, Patience
from ai_memory.adapters.llm.answer import Malformed
from ai_memory.adapters.llm.chat_model import ANSWER_BYTES_MAX, ANSWER_TOKENS_MAX, Message
from ai_memory.errors import LanguageModelUnavailable

OLLAMA_URL: Final = "http://127.0.0.1:11434"
_CONTEXT_TOKENS: Final = 8_192  # Ollama's default is less, and it cuts what is longer silently


class OllamaChat:
    """One model of an Ollama.

    Args:
        model: A model that `ollama list` shows.
        url: Its address without a path; None for this machine's.
        patience: How long to try.
    """

    def __init__(self, model: str, url: str | None, patience: Patience) -> None:
        self._model = model
        self._endpoint = Endpoint(
            f"{(url or OLLAMA_URL).rstrip('/')}/api/chat",
            api_key=None,
            patience=patience,
            service="language model",
            error=LanguageModelUnavailable,
            answer_bytes_max=ANSWER_BYTES_MAX,
        )

    def say(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> str:
        """See Chat."""
        answer = self._endpoint.post(
            {
                "model": self._model,
                "messages": [message._asdict() for message in messages],
                "stream": False,
                "format": schema,
                "options": {
                    "temperature": 0,
                    "seed": 1,
                    "num_ctx": _CONTEXT_TOKENS,
                    "num_predict": ANSWER_TOKENS_MAX,
                },
            }
        )
        match answer:
            case {"message": {"content": str(text)}}:
                return text
        raise Malformed("there is no message in it")

    def close(self) -> None:
        """See Chat."""
        self._endpoint.close()

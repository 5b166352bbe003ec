"""Asks a language model: an Ollama, or any endpoint that speaks OpenAI's chat protocol.

A protocol is a `Chat`, which knows one thing: how its server is asked and where the text of the
answer stands. `ChatModel` makes any of them the `LanguageModel` of `ai_memory.ports`: it writes the
prompt, bounds how many ask at once, reads the answer strictly, and gives the model one chance to
mend it. What the answer means, and what in it is believed, is the operations' business.

The one decision that is not obvious: nothing is asked or opened at the start. A model that is down
must not keep a node from opening (docs/adr/0013-language-models.md).

Importing this package imports no HTTP client; the first question does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from ai_memory.adapters.llm.chat_model import Chat
    from ai_memory.ports import LanguageModel

LanguageModelKind: TypeAlias = Literal["ollama", "openai"]


@dataclass(frozen=True, slots=True)
class LanguageModelSpec:
    """Which language model, and how long to wait for it."""

    kind: LanguageModelKind
    model: str
    url: str | None = None
    """The endpoint's address; otherwise the service's own."""
    api_key: str | None = field(default=None, repr=False)
    timeout_secs: float = 60.0
    """For one answer."""
    concurrency: int = 2
    """How many are asked at once; the others wait as long as an answer may take."""
    retry_secs: tuple[float, ...] = (0.5, 2.0)
    """The waits between attempts at a server that is busy or hangs up."""


def open_language_model(spec: LanguageModelSpec) -> LanguageModel:
    """The model that `spec` names; it is reached at the first question."""
    from ai_memory.adapters.llm.chat_model import ChatModel

    return ChatModel(
        spec.model,
        lambda: _open_chat(spec),
        concurrency=spec.concurrency,
        slot_secs=spec.timeout_secs,
    )


def _open_chat(spec: LanguageModelSpec) -> Chat:
    from ai_memory.adapters.endpoint import Patience

    patience = Patience(
        answer_secs=spec.timeout_secs, whole_secs=spec.timeout_secs, retry_secs=spec.retry_secs
    )
    if spec.kind == "ollama":
        from ai_memory.adapters.llm.ollama import OllamaChat

        return OllamaChat(spec.model, spec.url, patience)
    from ai_memory.adapters.llm.openai_endpoint import OpenAIChat

    return OpenAIChat(spec.model, spec.url, spec.api_key, patience)

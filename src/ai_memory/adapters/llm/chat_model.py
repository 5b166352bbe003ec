"""From a prompt to a value: the part of asking that is the same for every protocol."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from ai_memory.adapters.llm.answer import Malformed, read_answer, schema_of
from ai_memory.errors import LanguageModelAnswerInvalid, LanguageModelUnavailable
from ai_memory.model.prompt import Prompt, instruction, quote
from ai_memory.ports import AnswerT

ANSWER_TOKENS_MAX: Final = 1_024
ANSWER_BYTES_MAX: Final = 1024 * 1024
_SHOWN_CHARS: Final = 2_000  # of a wrong answer, when the model is told about it


class Message(NamedTuple):
    """One turn of a chat."""

    role: str
    content: str


class Chat(Protocol):
    """One protocol: asks its server and finds the text of the answer."""

    def say(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> str:
        """What the model says next, in JSON of this schema if the server can make it.

        Raises:
            LanguageModelUnavailable: The server does not answer.
            Malformed: It answered, and there is no text in it.
        """

    def close(self) -> None:
        """Interrupt whoever waits, and drop the connections."""


class ChatModel:
    """The LanguageModel port over a chat.

    Args:
        model_id: The model's name.
        open_chat: Called once, at the first question.
        concurrency: How many may ask at once.
        slot_secs: How long the others wait.
    """

    def __init__(
        self,
        model_id: str,
        open_chat: Callable[[], Chat],
        *,
        concurrency: int,
        slot_secs: float,
    ) -> None:
        self._model_id = model_id
        self._open_chat = open_chat
        self._slots = threading.BoundedSemaphore(concurrency)
        self._slot_secs = slot_secs
        self._gate = threading.Lock()
        self._chat: Chat | None = None
        self._closed = False
        self._problem: str | None = None

    @property
    def model_id(self) -> str:
        """See ports.LanguageModel."""
        return self._model_id

    @property
    def problem(self) -> str | None:
        """See ports.LanguageModel."""
        return self._problem

    def complete(self, prompt: Prompt, answer: type[AnswerT]) -> AnswerT:
        """See ports.LanguageModel."""
        try:
            found = self._complete(prompt, answer)
        except (LanguageModelUnavailable, LanguageModelAnswerInvalid) as failure:
            self._problem = failure.message
            raise
        self._problem = None
        return found

    def _complete(self, prompt: Prompt, answer: type[AnswerT]) -> AnswerT:
        schema = schema_of(answer)
        told = instruction(prompt.task, msgspec.json.encode(schema).decode())
        messages = [Message("system", told), Message("user", quote(prompt.data))]
        if not self._slots.acquire(timeout=self._slot_secs):
            raise LanguageModelUnavailable(f"too many wait for the language model {self._model_id}")
        try:
            chat = self._opened()
            said = ""
            try:
                said = chat.say(messages, schema)
                return read_answer(said, answer)
            except Malformed as wrong:
                # What it said may repeat what it was told by a stored text: it is data as well.
                mend = quote({"your answer": said[:_SHOWN_CHARS], "what is wrong": str(wrong)})
                repeated = f"{quote(prompt.data)}\n\nYour last answer did not fit:\n{mend}"
            try:
                return read_answer(
                    chat.say([messages[0], Message("user", repeated)], schema), answer
                )
            except Malformed as wrong:
                raise LanguageModelAnswerInvalid(
                    f"the language model {self._model_id} gave no valid answer: {wrong}"
                ) from wrong
        finally:
            self._slots.release()

    def _opened(self) -> Chat:
        with self._gate:
            if self._closed:
                raise LanguageModelUnavailable("the language model was closed")
            if self._chat is None:
                self._chat = self._open_chat()
            return self._chat

    def close(self) -> None:
        """See ports.LanguageModel."""
        with self._gate:
            self._closed = True
            chat = self._chat
        if chat is not None:
            chat.close()

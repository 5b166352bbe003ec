"""One paragraph about several memories: what consolidation stores and session_start shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from ai_memory import limits
from ai_memory.errors import LanguageModelAnswerInvalid
from ai_memory.model.memory import Memory
from ai_memory.model.prompt import Prompt
from ai_memory.operations.step import Complete, Steps
from ai_memory.operations.tagging import excerpt
from ai_memory.retrieval.fact import facts_of, sentences, telling_marks
from ai_memory.retrieval.words import visible

_TASK: Final = (
    "You condense notes. Write one paragraph that keeps every fact, decision, name, number and "
    "date of the notes in the data, and adds nothing. Where notes disagree, say so. Write in the "
    "language of the notes."
)
_SUMMARY_CHARS_MAX: Final = 4_000


class SummaryAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the model is to answer."""

    summary: Annotated[str, Meta(description="One paragraph.")]


def summarize(memories: Sequence[Memory], within_secs: float | None = None) -> Steps[str | None]:
    """A paragraph over memories, in their order; None when this node has no language model.

    Later than `within_secs` it counts as failed.

    The texts share what a prompt may hold; each is shown from its beginning.

    Raises:
        LanguageModelUnavailable, LanguageModelAnswerInvalid: It failed.
    """
    if not memories:
        return None
    share = _share(memories)
    data = {
        f"note {number}": excerpt(f"{memory.title}: {memory.content}", share)
        for number, memory in enumerate(memories, 1)
    }
    prompt = Prompt(task=_TASK, data=data)
    answer: SummaryAnswer | None = yield Complete(prompt, SummaryAnswer, within_secs)
    if answer is None:
        return None
    text = " ".join(visible(answer.summary).split())
    if len(text) > _SUMMARY_CHARS_MAX:
        text = text[: _SUMMARY_CHARS_MAX - 1] + "…"
    text = "".join(char for char in text if char.isprintable())
    if not text:
        raise LanguageModelAnswerInvalid("the language model's summary is empty")
    return text


def left_out(memories: Sequence[Memory], summary: str) -> list[str]:
    """The lines of the notes that a summary lost: with a number or name it has not, or never shown.

    What else a model leaves out cannot be told; the notes stay in the archive.
    """
    said = facts_of("", summary).telling | telling_marks(summary)
    share = _share(memories)
    lost = []
    for memory in memories:
        shown = share - len(memory.title) - 2  # of the content
        at = 0
        for sentence in sentences(memory.content):
            at = memory.content.find(sentence, at) + len(sentence)
            if at > shown or not said.issuperset(telling_marks(sentence)):
                lost.append(f"- {memory.title}: {sentence.strip()}")
    return lost


def _share(memories: Sequence[Memory]) -> int:
    """How much of each note a prompt shows. In characters."""
    return max(limits.PROMPT_TEXT_CHARS_MAX // len(memories), 1)

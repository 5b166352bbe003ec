"""Let the language model name related words."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from ai_memory.model import field
from ai_memory.model.command import Command
from ai_memory.model.prompt import Prompt
from ai_memory.operations.step import Complete, Context, Steps
from ai_memory.operations.tag_memory import require_language_model
from ai_memory.retrieval.words import visible

_TASK: Final = (
    "You help a search. Give five to eight words or short phrases that texts which answer the "
    "query in the data may use beside the query's own words: synonyms, names, narrower and wider "
    "terms, in the language of the query."
)
_TERMS_MAX: Final = 8
_TERM_CHARS_MAX: Final = 64


class ExpandQuery(Command, frozen=True, kw_only=True):
    """Let the language model name related words for a query. Needs the smart level."""

    query: field.Query


class ExpandResult(msgspec.Struct, kw_only=True):
    """The query as it was given, and words to search for as well."""

    original: str
    expanded_terms: list[str]


class TermAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the model is to answer."""

    terms: Annotated[list[str], Meta(description="Five to eight words or phrases.")]


def expand_query(command: ExpandQuery, context: Context) -> Steps[ExpandResult]:
    """Run ExpandQuery.

    Raises:
        CapabilityMissing: This node has no language model.
        LanguageModelUnavailable, LanguageModelAnswerInvalid: It failed.
    """
    require_language_model(context)
    prompt = Prompt(task=_TASK, data={"query": command.query})
    answer: TermAnswer = yield Complete(prompt, TermAnswer)
    return ExpandResult(original=command.query, expanded_terms=_clean(answer.terms, command.query))


def _clean(terms: list[str], query: str) -> list[str]:
    """Distinct, printable, short, and not the query again."""
    found: dict[str, str] = {}
    for suggested in terms[: 4 * _TERMS_MAX]:
        term = " ".join(visible(suggested).split())
        key = term.lower()
        if term.isprintable() and 0 < len(term) <= _TERM_CHARS_MAX and key != query.lower():
            found.setdefault(key, term)
    return list(found.values())[:_TERMS_MAX]

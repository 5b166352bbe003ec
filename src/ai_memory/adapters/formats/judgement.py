"""Relevance judgements joined with the texts of their queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ai_memory.adapters.formats.document import UNIT
from ai_memory.adapters.formats.question import Question, Questions


def judged(
    relevant: Iterable[tuple[str, str]], texts: Mapping[str, str], *, namespace: str
) -> Questions:
    """The queries that have a relevant document, in the order they were judged.

    Args:
        relevant: Pairs (query, document).
        texts: What each query asks.
        namespace: Where the documents are.

    Returns:
        A judged query whose text is missing is skipped; one never judged is no question.
    """
    gold: dict[str, dict[str, None]] = {}
    for query, document in relevant:
        gold.setdefault(query, {})[document] = None
    asked = tuple(
        Question(
            namespace=namespace, text=texts[query], key=UNIT, gold=tuple(documents), name=query
        )
        for query, documents in gold.items()
        if texts.get(query)
    )
    return Questions(asked, len(gold) - len(asked))

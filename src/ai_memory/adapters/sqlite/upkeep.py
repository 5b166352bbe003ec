"""Upkeep: what is done to the file between two commits, so that it stays quick and small."""

from __future__ import annotations

from typing import Final

import apsw

from ai_memory import limits
from ai_memory.adapters.sqlite.writer import Immediate

_PARTS_MERGED: Final = 2  # of one size: then each size has at most one


def empty_log(connection: apsw.Connection) -> bool:
    """Empty the write-ahead log; False if readers stayed in the way.

    Nothing is lost when it fails: the log is only longer than it need be.
    """
    connection.set_busy_timeout(limits.WAL_WAIT_MS)
    try:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except apsw.Error:
        return False
    else:
        return True
    finally:
        connection.set_busy_timeout(int(limits.BUSY_WAIT_SECS * 1_000))


def merge_words(connection: apsw.Connection) -> bool:
    """Merge some pages of the keyword index's parts; whether there is more to merge.

    Each commit leaves a part of its own, and whoever looks for a word looks in every part. Commits
    merge four of one size, and leave ten and more; here two of one size are merged, so there are
    as many as the index has sizes: writing a word costs its logarithm, as before.
    """
    with Immediate(connection):
        set_to = connection.execute("SELECT v FROM words_config WHERE k = 'usermerge'").get
        if set_to != _PARTS_MERGED:
            connection.execute(
                "INSERT INTO words (words, rank) VALUES ('usermerge', ?)", (_PARTS_MERGED,)
            )
        before = connection.total_changes()
        connection.execute(
            "INSERT INTO words (words, rank) VALUES ('merge', ?)", (limits.MERGE_PAGES,)
        )
        return connection.total_changes() - before > 1  # the statement itself is one

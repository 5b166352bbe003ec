"""The Store on one SQLite file: WAL, synchronous=FULL, one writer thread, a reader per thread.

The one non-obvious decision: every query answers with a single row of JSON. A step of SQLite
releases the interpreter lock; a hundred rows fetched one by one are a hundred chances to lose it to
a busy thread, one row is one. For the same reason a batch of commands is decided in memory and
written in a handful of set-based statements (`INSERT … SELECT … FROM json_each(?)`).

SQL lives in `queries.sql` and `migrations/`; no rule lives in SQL.
"""

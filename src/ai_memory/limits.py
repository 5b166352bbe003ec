"""Every bound in the system, with units, on one page.

Units come last in the names. Where a bound exists because existing clients rely on it, the comment
says so; the others say what would break without them.
"""

from __future__ import annotations

from typing import Final

# Fields of a memory (what existing clients rely on).
TITLE_CHARS_MAX: Final = 512
CONTENT_BYTES_MAX: Final = 65_536
NAMESPACE_CHARS_MAX: Final = 512
NAMESPACE_DEPTH_MAX: Final = 8
ROOTS_WAIT_SECS: Final = 2.0  # for a client to say which folders it works on, once
PROJECT_CHARS_MAX: Final = 128  # of a namespace that a folder's name becomes
TAGS_MAX: Final = 50
TAG_BYTES_MAX: Final = 128
PRIORITY_MIN: Final = 1
PRIORITY_MAX: Final = 10
METADATA_BYTES_MAX: Final = 65_536
METADATA_DEPTH_MAX: Final = 32
ID_BYTES_MAX: Final = 128
AGENT_ID_CHARS_MAX: Final = 128
TTL_SECS_MAX: Final = 31_536_000  # one year
ACCESS_COUNT_MAX: Final = 1_000_000
VERSIONED_TITLES_MAX: Final = 1_024

# Lifecycle, in seconds.
SHORT_TTL_SECS: Final = 21_600
MID_TTL_SECS: Final = 604_800
SHORT_EXTEND_SECS: Final = 3_600
MID_EXTEND_SECS: Final = 86_400
CONFIGURED_TTL_SECS_MAX: Final = 315_360_000  # ten years
EXTENSION_STEP_SECS: Final = 60  # smaller extensions are not worth a log entry
PROMOTION_ACCESS_COUNT: Final = 5
PRIORITY_STEP_ACCESS_COUNT: Final = 10
EXPIRING_SOON_SECS: Final = 3_600

# Queries.
RECALL_LIMIT_DEFAULT: Final = 10
RECALL_LIMIT_MAX: Final = 50
LIST_LIMIT_DEFAULT: Final = 20
LIST_LIMIT_MAX: Final = 1_000
COUNTED_MAX: Final = 10_000  # matches counted for a total that no counter knows
OFFSET_MAX: Final = 1_000_000_000  # a database counts in 64 bits
QUERY_CHARS_MAX: Final = 16_384
QUERY_TERMS_MAX: Final = 64  # beyond that an OR query costs more than it finds
QUERY_DAYS_MAX: Final = 32  # each is held against the day of every candidate
CONTEXT_TOKENS_MAX: Final = 256
CONTEXT_TOKEN_CHARS_MAX: Final = 4_096
BUDGET_TOKENS_MAX: Final = 10_000_000
ID_MATCHES_SHOWN_MAX: Final = 10
ARCHIVE_IDS_MAX: Final = 1_000
ARCHIVE_REASON_CHARS_MAX: Final = 64
OLDER_THAN_DAYS_MAX: Final = 36_525  # a century
SAMPLE_MAX: Final = 10  # memories a dry run shows
DIFF_LINES_MAX: Final = 2_000  # per side; longer texts are compared as a whole
HINTS_MAX: Final = 5
CLAIM_CHARS_MAX: Final = 200  # of a text; what is longer says more than another could replace
HINT_CROWD_MAX: Final = 8  # commands that share a commit; more of them get no title hints
CROWD_MICROS: Final = 100_000  # nor do those that come so soon after them
CONSOLIDATE_IDS_MIN: Final = 2
CONSOLIDATE_IDS_MAX: Final = 100
CONSOLIDATED_PRIORITY_MIN: Final = 5
NEAR_DUPLICATE_COSINE: Final = 0.9
DUPLICATE_THRESHOLD: Final = 0.85  # what existing clients rely on, as is the least
DUPLICATE_THRESHOLD_MIN: Final = 0.5
IMPORT_RECORDS_MAX: Final = 1_000
EXPORT_PAGE_ROWS: Final = 256  # read at once; a page of the longest texts is some 16 MB
EXPORTS_MAX: Final = 16  # under way in a process
EXPORT_SPOOL_BYTES: Final = 16_777_216  # held in memory for a client; more goes to a file
SEARCH_WORDS_MAX: Final = 128  # in all phrases of an exact search: each is held to its neighbours
IMPORT_COMMIT_RECORDS: Final = 32  # a few ms for whoever stores meanwhile

# What is shown of long content, in characters; some four of English make a token.
LONG_CONTENT_CHARS: Final = 2_000  # longer content is shown in passages
THIN_ANSWER_HITS: Final = 3  # so few, and what is archived or has expired is looked for
PASSAGES_CHARS_MAX: Final = 1_500  # of one memory that answers a question
OPENING_CHARS_MAX: Final = 500  # of one memory on a list
PASSAGE_WINDOWS_MAX: Final = 3  # near windows of one memory that are looked at

# The graph.
RELATION_CHARS_MAX: Final = 128
GRAPH_LIMIT_DEFAULT: Final = 200
GRAPH_LIMIT_MAX: Final = 1_000
LINKS_SHOWN_MAX: Final = 100  # beside a memory that is read
WALK_DEPTH_MAX: Final = 5
WALK_LINKS_MAX: Final = 5_000  # looked at in one walk; beyond, the answer says it is cut
PATH_DEPTH_DEFAULT: Final = 4
PATH_DEPTH_MAX: Final = 7
PATH_RESULTS_DEFAULT: Final = 10
PATH_RESULTS_MAX: Final = 50
PATH_LINKS_MAX: Final = 20_000  # looked at in one search for paths
PATH_STEPS_MAX: Final = 100_000  # of the search for simple paths among the links looked at
TAXONOMY_LIMIT_DEFAULT: Final = 1_000
TAXONOMY_LIMIT_MAX: Final = 10_000
ALIASES_MAX: Final = 256

# Windows of long content, in estimated word pieces; MiniLM reads 256 of them.
WINDOW_PIECES_MAX: Final = 128
WINDOW_OVERLAP_PIECES: Final = 32

# The write path.
BATCH_COMMANDS_MAX: Final = 512
SWEEP_BATCH: Final = 500  # memories that forget, gc and purge move per transaction
WRITE_QUEUE_MAX: Final = 8_192
BUSY_WAIT_SECS: Final = 60.0
WAL_BYTES_MAX: Final = 64 * 1024 * 1024  # beyond, the write-ahead log is emptied when it can be
WAL_WAIT_MS: Final = 250  # what writers wait meanwhile for readers to let go

# Reads on an event loop's own thread (see Node).
LOOP_READ_STEPS_MAX: Final = 50_000  # of SQLite's machine, some 2 ms; then a thread reads it
LOOP_READ_SECS_MAX: Final = 0.02  # where most of the time is not in those steps
LOOP_READS_SKIPPED: Final = 16  # of an operation that took more; threads read as many first

# Background work.
TOUCH_FLUSH_SECS: Final = 0.5  # promised: within one second
JANITOR_SECS: Final = 60.0
FOREIGN_TEXT_SECS: Final = 5.0  # from one look for texts that other processes left to the next
INDEX_COPY_BYTES_MAX: Final = 32 * 1024 * 1024  # of a segment of some 60,000 windows
VECTORS_LATE_SECS: Final = 86_400.0  # a memory that waits longer for its vectors is told of
PURGE_SECS: Final = 21_600.0  # between two purges of what was archived too long ago
MERGE_PAGES: Final = 16  # of the keyword index, merged at once: some 2 ms
MERGES_MAX: Final = 512  # in a turn of the janitor; a million memories take several turns
BACKFILL_BATCH: Final = 32
REEMBED_BATCH: Final = 64  # memories; a killed change loses at most so many vectors
REEMBED_STRAGGLERS_MAX: Final = 500  # a store that never rests is switched with so many to follow
DROP_BATCH: Final = 1_000  # vectors; their transaction takes some 10 ms
CLOSING_SAVE_ROWS_MAX: Final = 8_192  # about a second of a one-shot process
TOUCHES_PENDING_MAX: Final = 100_000  # recalls not yet written; beyond, the oldest are lost

# Language models.
PROMPT_TEXT_CHARS_MAX: Final = 6_000  # of stored text in one question; fits 8,192 tokens of context
AUTO_TAG_CONTENT_BYTES_MIN: Final = 50  # what existing clients know; shorter texts tag themselves
AUTO_TAGS_MAX: Final = 8  # named in metadata.auto_tags
MODEL_WORK_LEASE_SECS: Final = 900  # longer than an answer with its retries; then another may try
MODEL_WORK_BACKOFF_SECS: Final = 30  # doubled with each failure
MODEL_WORK_BACKOFF_SECS_MAX: Final = 21_600
MODEL_WORK_ATTEMPTS_MAX: Final = 12  # some twenty hours of a model that is down
MODEL_WORK_ANSWERS_MAX: Final = 3  # invalid ones to the same question
SESSION_SUMMARY_SECS: Final = 5.0  # what the start of a session waits for a summary
CURATED_GROUP_MIN: Final = 3  # fewer memories are not worth one more
DRIFT_UP_ACCESS_COUNT: Final = 10  # recalls that make a memory a used one,
DRIFT_UP_SECS: Final = 7 * 86_400  # if the last is no older
DRIFT_DOWN_SECS: Final = 30 * 86_400  # a life without a recall
DRIFT_REST_SECS: Final = 7 * 86_400  # from one drift to the next
CURATOR_SECS: Final = 3_600
CURATOR_OPS: Final = 100
CURATOR_RUN_SECS: Final = 600
CURATOR_RUNS_KEPT: Final = 100  # reports
CURATOR_ACTIONS_SHOWN_MAX: Final = 1_000

# Faces.
MCP_ANSWER_TOKENS: Final = 8_000  # cl100k; hosts cut or refuse answers beyond some 25,000
MCP_ANSWER_TOKENS_MIN: Final = 1_000
HTTP_BODY_BYTES_MAX: Final = 2 * 1024 * 1024
HTTP_PORT: Final = 9_077
HTTP_BACKLOG: Final = 2_048  # connections that wait to be accepted
WORKERS_DEFAULT_MAX: Final = (
    4  # processes of a server; each takes some 130 MB, most of it the model
)
WORKERS_MAX: Final = 64
WORKER_SOUND_SECS: Final = 10.0  # a worker that lived so long did not fail at its start
WORKER_DELAY_SECS: Final = 0.1  # doubled with each failure in a row
WORKER_DELAY_SECS_MAX: Final = 30.0
WORKER_FAILURES_MAX: Final = 8  # in a row, while no other worker is there: the server gives up
HTTP_TARGET_BYTES_MAX: Final = 32_768  # path and query; the parser counts in 16 bits
HTTP_HEAD_BYTES_MAX: Final = 131_072  # an unfinished head is held in memory
HTTP_DRAIN_BYTES_MAX: Final = 64 * 1024 * 1024  # read and dropped, so that a refusal is heard
HTTP_DRAIN_SECS: Final = 10.0
HTTP_HEAD_SECS: Final = 20.0  # from the first byte of a head, or the connection, to its last
HTTP_BODY_SECS: Final = 60.0  # from the head's last byte to the body's; 2 MB at 35 kB a second
HTTP_STALL_SECS: Final = 30.0  # a client that reads less than HTTP_STALL_BYTES in it is gone
HTTP_STALL_BYTES: Final = 16_384
HTTP_CLOSE_SECS: Final = 15.0  # for the last bytes of a connection that is closed
HTTP_CONNECTIONS_MAX: Final = 4_096  # of a process; beyond, who rests longest makes room
DESCRIPTORS_RESERVED: Final = 256  # no connection gets these: files, threads, models
DESCRIPTORS_MAX: Final = 16_384  # asked of the system, as far as it allows
HTTP_KEEP_ALIVE_SECS: Final = 75  # longer than an agent thinks between two recalls
MCP_SESSIONS_MAX: Final = 10_000  # over HTTP, per database; the longest unused make room
MCP_SESSION_IDLE_SECS: Final = 7 * 86_400  # a client that comes later shakes hands again
SHUTDOWN_GRACE_SECS: Final = 10.0

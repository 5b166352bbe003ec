-- What a memory needs at least: its text by version, the facts one filters and sorts by, an
-- inverted index, its vectors, an archive, and the log of changes.
CREATE TABLE version (
    key        INTEGER PRIMARY KEY,
    memory_id  TEXT NOT NULL,
    number     INTEGER NOT NULL,
    hash       BLOB NOT NULL,
    title      TEXT NOT NULL,
    content    TEXT NOT NULL,
    tags       TEXT NOT NULL,
    metadata   TEXT NOT NULL,
    written_at INTEGER NOT NULL,
    UNIQUE (memory_id, number, hash)
) STRICT;

CREATE TABLE memory (
    key              INTEGER PRIMARY KEY,
    id               TEXT NOT NULL UNIQUE,
    namespace        TEXT NOT NULL,
    title_digest     BLOB NOT NULL,
    version_key      INTEGER NOT NULL,
    tier             TEXT NOT NULL,
    priority         INTEGER NOT NULL,
    confidence       REAL NOT NULL,
    source           TEXT NOT NULL,
    agent_id         TEXT,
    scope            TEXT NOT NULL,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    expires_at       INTEGER,
    access_count     INTEGER NOT NULL DEFAULT 0,
    last_accessed_at INTEGER,
    embedded         INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX memory_by_title ON memory (namespace, title_digest);
CREATE INDEX memory_by_order ON memory (priority DESC, updated_at DESC, id);
CREATE INDEX memory_by_namespace ON memory (namespace, priority DESC, updated_at DESC, id);
CREATE INDEX memory_by_expiry ON memory (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX memory_unembedded ON memory (key) WHERE embedded = 0;

CREATE TABLE archived (
    id          TEXT PRIMARY KEY,
    namespace   TEXT NOT NULL,
    version_key INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    archived_at INTEGER NOT NULL,
    reason      TEXT NOT NULL
) STRICT;

CREATE VIRTUAL TABLE words USING fts5 (
    title, content, tags,
    content = '', contentless_delete = 1,
    tokenize = 'porter unicode61 remove_diacritics 2'
);

CREATE TABLE window_vector (
    key        INTEGER PRIMARY KEY,
    memory_key INTEGER NOT NULL,
    start      INTEGER NOT NULL,
    end        INTEGER NOT NULL,
    vector     BLOB NOT NULL
) STRICT;
CREATE INDEX window_vector_by_memory ON window_vector (memory_key);

CREATE TABLE log (
    position    INTEGER PRIMARY KEY,
    origin      INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    hybrid_time INTEGER NOT NULL,
    change      TEXT NOT NULL,
    UNIQUE (origin, sequence)
) STRICT;

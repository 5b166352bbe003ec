-- Small facts about this file: node_id, embedding_model, embedding_dim.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Who has written changes, and how far each is known: a version vector, and the last hybrid time.
CREATE TABLE origin (
    key         INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    sequence    INTEGER NOT NULL DEFAULT 0,
    hybrid_time INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What every version of every memory says. Text is stored here and nowhere else; an erased
-- version keeps its hash and loses its text.
CREATE TABLE version (
    key        INTEGER PRIMARY KEY AUTOINCREMENT,
    memory_id  TEXT NOT NULL,
    number     INTEGER NOT NULL,
    hash       BLOB NOT NULL,
    title      TEXT,
    content    TEXT,
    tags       TEXT,
    metadata   TEXT,
    written_at INTEGER NOT NULL,
    UNIQUE (memory_id, number, hash)
) STRICT;

-- The live memories: what is asked for by filter and order, without the text.
CREATE TABLE memory (
    key              INTEGER PRIMARY KEY AUTOINCREMENT,
    id               TEXT NOT NULL UNIQUE,
    namespace        TEXT NOT NULL,
    title_digest     BLOB NOT NULL,
    version_key      INTEGER NOT NULL REFERENCES version (key),
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

-- What left the live set, whole, so that it can come back.
CREATE TABLE archived (
    id               TEXT PRIMARY KEY,
    namespace        TEXT NOT NULL,
    title_digest     BLOB NOT NULL,
    version_key      INTEGER NOT NULL REFERENCES version (key),
    tier             TEXT NOT NULL,
    priority         INTEGER NOT NULL,
    confidence       REAL NOT NULL,
    source           TEXT NOT NULL,
    agent_id         TEXT,
    scope            TEXT NOT NULL,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    expires_at       INTEGER,
    access_count     INTEGER NOT NULL,
    last_accessed_at INTEGER,
    archived_at      INTEGER NOT NULL,
    reason           TEXT NOT NULL
) STRICT;
-- An id is live or archived, never both.
CREATE TRIGGER memory_leaves_archive AFTER INSERT ON memory BEGIN
    DELETE FROM archived WHERE id = new.id;
END;
CREATE INDEX archived_by_time ON archived (archived_at DESC, id);

CREATE TABLE link (
    source_id   TEXT NOT NULL,
    target_id   TEXT NOT NULL,
    relation    TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    valid_from  INTEGER,
    valid_until INTEGER,
    observed_by TEXT,
    PRIMARY KEY (source_id, target_id, relation, created_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX link_by_target ON link (target_id, relation);

-- The keyword index: rowid is memory.key. Contentless: the text is in `version`.
CREATE VIRTUAL TABLE words USING fts5 (
    title, content, tags,
    content = '', contentless_delete = 1,
    tokenize = 'porter unicode61 remove_diacritics 2'
);

-- Embedded windows: characters [start, end) of a memory's content, as little-endian float16.
-- AUTOINCREMENT: a key is never given twice, so "greater than" means "newer".
CREATE TABLE window_vector (
    key        INTEGER PRIMARY KEY AUTOINCREMENT,
    memory_key INTEGER NOT NULL,
    start      INTEGER NOT NULL,
    end        INTEGER NOT NULL,
    vector     BLOB NOT NULL
) STRICT;
CREATE INDEX window_vector_by_memory ON window_vector (memory_key);

-- Append-only: every commit writes its rows and these entries in one transaction. Text is named
-- by hash only.
CREATE TABLE log (
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    origin      INTEGER NOT NULL REFERENCES origin (key),
    sequence    INTEGER NOT NULL,
    hybrid_time INTEGER NOT NULL,
    change      TEXT NOT NULL,
    UNIQUE (origin, sequence)
) STRICT;
-- An origin's row says how far it is known.
CREATE TRIGGER log_advances_origin AFTER INSERT ON log BEGIN
    UPDATE origin SET sequence = max(sequence, new.sequence),
                      hybrid_time = max(hybrid_time, new.hybrid_time)
    WHERE key = new.origin;
END;

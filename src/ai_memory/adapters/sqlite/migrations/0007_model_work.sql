-- What a language model still has to do. Local to this file: it is not in the log, and what comes
-- of it is an ordinary change. A row names the text it is about by hash; newer text replaces it.
CREATE TABLE model_work (
    memory_id TEXT NOT NULL,
    kind      TEXT NOT NULL,
    text_hash TEXT NOT NULL,
    attempts  INTEGER NOT NULL DEFAULT 0,
    due_at    INTEGER NOT NULL,
    given_up  INTEGER NOT NULL DEFAULT 0,
    problem   TEXT,
    PRIMARY KEY (memory_id, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX model_work_due ON model_work (due_at) WHERE given_up = 0;

-- What the curator did on this node, and what undoes it: ids, numbers and hashes, never text.
CREATE TABLE curation (
    key       INTEGER PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    run_id    TEXT NOT NULL,
    action    TEXT NOT NULL,
    memory_id TEXT NOT NULL,
    at        INTEGER NOT NULL,
    undo      TEXT NOT NULL,
    undone_at INTEGER
) STRICT;
CREATE INDEX curation_by_memory ON curation (memory_id, action, at);
CREATE INDEX curation_by_run ON curation (run_id);

CREATE TABLE curator_run (
    key    INTEGER PRIMARY KEY,
    id     TEXT NOT NULL UNIQUE,
    at     INTEGER NOT NULL,
    report TEXT NOT NULL
) STRICT;

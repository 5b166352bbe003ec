-- Which models have vectors here. One serves; one may be coming, its vectors made beside those that
-- serve; the vectors of those that are leaving are removed bit by bit, and then their row.
CREATE TABLE embedding_model (
    key     INTEGER PRIMARY KEY AUTOINCREMENT,
    id      TEXT NOT NULL,
    dim     INTEGER NOT NULL,
    role    TEXT NOT NULL CHECK (role IN ('serving', 'coming', 'leaving')),
    -- While it is coming: every memory up to this key has its vectors, but for those in
    -- window_waiting.
    reached INTEGER NOT NULL DEFAULT 0,
    -- How many rows of window_vector are its.
    windows INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX embedding_model_by_role ON embedding_model (role) WHERE role <> 'leaving';

INSERT INTO embedding_model (id, dim, role, windows)
SELECT name.value, CAST(dim.value AS INTEGER), 'serving', (SELECT count(*) FROM window_vector)
FROM meta AS name, meta AS dim
WHERE name.name = 'embedding_model' AND dim.name = 'embedding_dim';
DELETE FROM meta WHERE name IN ('embedding_model', 'embedding_dim');

-- The first model has key 1: what is there belongs to it.
ALTER TABLE window_vector ADD COLUMN model INTEGER NOT NULL DEFAULT 1;
DROP INDEX window_vector_by_memory;
CREATE INDEX window_vector_by_model ON window_vector (model, memory_key);
DROP TRIGGER window_vector_counted;
DROP TRIGGER window_vector_uncounted;
DELETE FROM row_count WHERE name = 'window_vector';
CREATE TRIGGER window_vector_counted AFTER INSERT ON window_vector BEGIN
    UPDATE embedding_model SET windows = windows + 1 WHERE key = new.model;
END;
CREATE TRIGGER window_vector_uncounted AFTER DELETE ON window_vector BEGIN
    UPDATE embedding_model SET windows = windows - 1 WHERE key = old.model;
END;

-- Memories that got new text while a model is coming; it may have passed them already.
CREATE TABLE window_waiting (memory_key INTEGER PRIMARY KEY) STRICT;

-- Which steps a file has taken is known by their names, each with a digest of what it did. A number
-- only orders them: two that were made at the same time may have the same one.
ALTER TABLE migration RENAME TO migration_by_number;
CREATE TABLE migration (
    name       TEXT PRIMARY KEY,
    number     INTEGER NOT NULL,
    digest     TEXT,
    applied_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO migration (name, number, applied_at)
SELECT name, number, applied_at FROM migration_by_number;
DROP TABLE migration_by_number;

-- What was added to a step after early builds had taken it.
CREATE TRIGGER IF NOT EXISTS log_advances_origin AFTER INSERT ON log BEGIN
    UPDATE origin SET sequence = max(sequence, new.sequence),
                      hybrid_time = max(hybrid_time, new.hybrid_time)
    WHERE key = new.origin;
END;
UPDATE origin SET
    sequence = max(sequence, (SELECT coalesce(max(sequence), 0) FROM log WHERE origin = key)),
    hybrid_time = max(hybrid_time,
                      (SELECT coalesce(max(hybrid_time), 0) FROM log WHERE origin = key));
CREATE INDEX IF NOT EXISTS curation_by_memory ON curation (memory_id, action, at);
CREATE INDEX IF NOT EXISTS curation_by_run ON curation (run_id);

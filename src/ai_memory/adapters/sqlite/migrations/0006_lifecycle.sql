-- Ids that are gone for good: purged from the archive, or erased. Nothing brings them back.
CREATE TABLE tombstone (
    id   TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX archived_by_namespace ON archived (namespace, archived_at DESC, id);
CREATE INDEX archived_by_reason ON archived (reason, archived_at DESC, id);

-- The archive by namespace: how many memories, and the bytes of their texts.
CREATE TABLE archive_tally (
    namespace TEXT PRIMARY KEY,
    memories  INTEGER NOT NULL,
    bytes     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO archive_tally
SELECT a.namespace, count(*), sum(octet_length(v.title) + octet_length(v.content)
                                + octet_length(v.tags) + octet_length(v.metadata))
FROM archived AS a JOIN version AS v ON v.key = a.version_key GROUP BY a.namespace;

CREATE TRIGGER archived_tallied AFTER INSERT ON archived BEGIN
    INSERT INTO archive_tally
    SELECT new.namespace, 1, octet_length(title) + octet_length(content)
                           + octet_length(tags) + octet_length(metadata)
    FROM version WHERE key = new.version_key
    ON CONFLICT DO UPDATE SET memories = memories + 1, bytes = bytes + excluded.bytes;
END;
-- A version must outlive the archived row that points at it.
CREATE TRIGGER archived_untallied AFTER DELETE ON archived BEGIN
    UPDATE archive_tally SET memories = memories - 1, bytes = bytes - (
        SELECT octet_length(title) + octet_length(content)
             + octet_length(tags) + octet_length(metadata)
        FROM version WHERE key = old.version_key)
    WHERE namespace = old.namespace;
    DELETE FROM archive_tally WHERE namespace = old.namespace AND memories = 0;
END;

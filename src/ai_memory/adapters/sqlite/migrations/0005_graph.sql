-- Links with both clocks. Source, target, relation and valid_from name an interval; its rows are
-- what the store believed of it from recorded_at until retracted_at. The key puts a memory's links
-- in the order of the timeline.
CREATE TABLE link_with_clocks (
    source_id    TEXT NOT NULL,
    target_id    TEXT NOT NULL,
    relation     TEXT NOT NULL,
    valid_from   INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    valid_until  INTEGER,
    observed_by  TEXT,
    retracted_at INTEGER,
    PRIMARY KEY (source_id, valid_from, target_id, relation, recorded_at)
) STRICT, WITHOUT ROWID;
INSERT INTO link_with_clocks (source_id, target_id, relation, valid_from, recorded_at, created_at,
    valid_until, observed_by)
SELECT source_id, target_id, relation, coalesce(valid_from, created_at), created_at, created_at,
    valid_until, observed_by
FROM link;
DROP TABLE link;
ALTER TABLE link_with_clocks RENAME TO link;
-- A later belief about an interval retracts the earlier one.
UPDATE link SET retracted_at = (
    SELECT min(later.recorded_at) FROM link AS later
    WHERE later.source_id = link.source_id AND later.valid_from = link.valid_from
      AND later.target_id = link.target_id AND later.relation = link.relation
      AND later.recorded_at > link.recorded_at);
CREATE INDEX link_by_target ON link (target_id, source_id);

-- What is counted of links is what is believed.
UPDATE row_count SET rows = (SELECT count(*) FROM link WHERE retracted_at IS NULL)
WHERE name = 'link';
CREATE TRIGGER link_counted AFTER INSERT ON link WHEN new.retracted_at IS NULL BEGIN
    UPDATE row_count SET rows = rows + 1 WHERE name = 'link';
END;
CREATE TRIGGER link_uncounted AFTER DELETE ON link WHEN old.retracted_at IS NULL BEGIN
    UPDATE row_count SET rows = rows - 1 WHERE name = 'link';
END;
CREATE TRIGGER link_recounted AFTER UPDATE OF retracted_at ON link
WHEN (old.retracted_at IS NULL) <> (new.retracted_at IS NULL) BEGIN
    UPDATE row_count SET rows = rows + iif(new.retracted_at IS NULL, 1, -1) WHERE name = 'link';
END;

-- What an entity is also called; made from its metadata, and kept while it is archived.
CREATE TABLE alias (
    alias     TEXT NOT NULL,
    memory_id TEXT NOT NULL,
    PRIMARY KEY (alias, memory_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_by_memory ON alias (memory_id);
INSERT INTO alias (alias, memory_id)
SELECT DISTINCT name.value, m.id
FROM memory AS m
JOIN version AS v ON v.key = m.version_key
JOIN json_each(v.metadata, '$.aliases') AS name
WHERE v.metadata ->> 'kind' = 'entity' AND json_type(v.metadata, '$.aliases') = 'array'
  AND name.type = 'text';

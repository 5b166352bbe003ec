-- How many there are of what grows, kept by triggers, so that no figure is found by counting rows.

-- Live memories, expired ones that nobody has collected yet included.
CREATE TABLE tally (
    namespace  TEXT NOT NULL,
    tier       TEXT NOT NULL,
    memories   INTEGER NOT NULL,
    unembedded INTEGER NOT NULL,
    PRIMARY KEY (namespace, tier)
) STRICT, WITHOUT ROWID;
INSERT INTO tally
SELECT namespace, tier, count(*), sum(embedded = 0) FROM memory GROUP BY namespace, tier;

CREATE TRIGGER memory_counted AFTER INSERT ON memory BEGIN
    INSERT INTO tally VALUES (new.namespace, new.tier, 1, new.embedded = 0)
    ON CONFLICT DO UPDATE SET memories = memories + 1,
                              unembedded = unembedded + excluded.unembedded;
END;
CREATE TRIGGER memory_uncounted AFTER DELETE ON memory BEGIN
    UPDATE tally SET memories = memories - 1, unembedded = unembedded - (old.embedded = 0)
    WHERE namespace = old.namespace AND tier = old.tier;
    DELETE FROM tally WHERE namespace = old.namespace AND tier = old.tier AND memories = 0;
END;
CREATE TRIGGER memory_recounted AFTER UPDATE OF namespace, tier, embedded ON memory
WHEN old.namespace <> new.namespace OR old.tier <> new.tier OR old.embedded <> new.embedded BEGIN
    INSERT INTO tally VALUES (new.namespace, new.tier, 1, new.embedded = 0)
    ON CONFLICT DO UPDATE SET memories = memories + 1,
                              unembedded = unembedded + excluded.unembedded;
    UPDATE tally SET memories = memories - 1, unembedded = unembedded - (old.embedded = 0)
    WHERE namespace = old.namespace AND tier = old.tier;
    DELETE FROM tally WHERE namespace = old.namespace AND tier = old.tier AND memories = 0;
END;

-- Rows of the other tables, by the table's name.
CREATE TABLE row_count (
    name TEXT PRIMARY KEY,
    rows INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO row_count VALUES
    ('archived', (SELECT count(*) FROM archived)),
    ('link', (SELECT count(*) FROM link)),
    ('window_vector', (SELECT count(*) FROM window_vector));

CREATE TRIGGER archived_counted AFTER INSERT ON archived BEGIN
    UPDATE row_count SET rows = rows + 1 WHERE name = 'archived';
END;
CREATE TRIGGER archived_uncounted AFTER DELETE ON archived BEGIN
    UPDATE row_count SET rows = rows - 1 WHERE name = 'archived';
END;
CREATE TRIGGER link_counted AFTER INSERT ON link BEGIN
    UPDATE row_count SET rows = rows + 1 WHERE name = 'link';
END;
CREATE TRIGGER link_uncounted AFTER DELETE ON link BEGIN
    UPDATE row_count SET rows = rows - 1 WHERE name = 'link';
END;
CREATE TRIGGER window_vector_counted AFTER INSERT ON window_vector BEGIN
    UPDATE row_count SET rows = rows + 1 WHERE name = 'window_vector';
END;
CREATE TRIGGER window_vector_uncounted AFTER DELETE ON window_vector BEGIN
    UPDATE row_count SET rows = rows - 1 WHERE name = 'window_vector';
END;

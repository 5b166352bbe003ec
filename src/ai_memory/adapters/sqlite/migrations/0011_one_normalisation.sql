-- One normalisation for what is stored and what is asked: `fold` decides what a word is, and the
-- tokenizer decides nothing more than to stem English. `fold`, `one_name` and `title_digest` are
-- lent by the program. All of this is one transaction: killed, it has not begun.
DROP TABLE word_instance;
DROP TABLE words;
CREATE VIRTUAL TABLE words USING fts5 (
    title, content, tags,
    content = '', contentless_delete = 1,
    tokenize = 'porter ascii'
);
CREATE VIRTUAL TABLE word_instance USING fts5vocab (words, instance);

INSERT INTO words (rowid, title, content, tags)
SELECT m.key, fold(v.title), fold(v.content),
       fold((SELECT coalesce(group_concat(value, ' '), '') FROM json_each(v.tags)))
FROM memory AS m JOIN version AS v ON v.key = m.version_key
ORDER BY m.key;

-- Names are composed (NFC): namespaces and aliases as they stand, titles as they are compared.
UPDATE OR IGNORE memory SET title_digest = unhex(title_digest(v.title))
FROM version AS v WHERE v.key = memory.version_key AND v.title <> one_name(v.title);
UPDATE archived SET title_digest = unhex(title_digest(v.title))
FROM version AS v WHERE v.key = archived.version_key AND v.title <> one_name(v.title);

-- A title that both spellings of a namespace had: the second is told apart by its id.
UPDATE memory SET title_digest = unhex(title_digest(memory.id))
WHERE namespace <> one_name(namespace) AND EXISTS (
    SELECT 1 FROM memory AS other
    WHERE other.namespace = one_name(memory.namespace)
      AND other.title_digest = memory.title_digest);
UPDATE memory SET namespace = one_name(namespace) WHERE namespace <> one_name(namespace);
UPDATE archived SET namespace = one_name(namespace) WHERE namespace <> one_name(namespace);
DELETE FROM archive_tally WHERE EXISTS (
    SELECT 1 FROM archive_tally WHERE namespace <> one_name(namespace));
INSERT INTO archive_tally
SELECT a.namespace, count(*), sum(octet_length(v.title) + octet_length(v.content)
                                + octet_length(v.tags) + octet_length(v.metadata))
FROM archived AS a JOIN version AS v ON v.key = a.version_key
WHERE NOT EXISTS (SELECT 1 FROM archive_tally)
GROUP BY a.namespace;
UPDATE OR REPLACE alias SET alias = one_name(alias) WHERE alias <> one_name(alias);

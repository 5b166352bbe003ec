-- Named blocks. {where} is a compiled Filter over `m` (memory) and `v` (version).
-- Every query answers with one row of one JSON value.

-- name: memory_object --
json_object('key', m.key, 'hash', hex(v.hash), 'memory', json_object(
    'id', m.id, 'namespace', m.namespace, 'title', v.title, 'content', v.content,
    'tier', m.tier, 'tags', json(v.tags), 'priority', m.priority, 'confidence', m.confidence,
    'source', m.source, 'metadata', json(v.metadata), 'created_at', m.created_at,
    'updated_at', m.updated_at, 'expires_at', m.expires_at, 'version', v.number,
    'access_count', m.access_count, 'last_accessed_at', m.last_accessed_at))

-- name: archived_object --
json_object('memory', json_object(
    'id', a.id, 'namespace', a.namespace, 'title', v.title, 'content', v.content,
    'tier', a.tier, 'tags', json(v.tags), 'priority', a.priority, 'confidence', a.confidence,
    'source', a.source, 'metadata', json(v.metadata), 'created_at', a.created_at,
    'updated_at', a.updated_at, 'expires_at', a.expires_at, 'version', v.number,
    'access_count', a.access_count, 'last_accessed_at', a.last_accessed_at),
    'archived_at', a.archived_at, 'reason', a.reason)

-- name: memories_by_id --
SELECT json_group_array({memory_object})
FROM json_each(:ids) AS wanted
JOIN memory AS m ON m.id = wanted.value
JOIN version AS v ON v.key = m.version_key

-- name: memories_by_title --
SELECT json_group_array({memory_object})
FROM json_each(:titles) AS wanted
JOIN memory AS m ON m.namespace = wanted.value ->> 0 AND m.title_digest = unhex(wanted.value ->> 1)
JOIN version AS v ON v.key = m.version_key

-- name: memories_by_key --
SELECT json_group_array({memory_object})
FROM json_each(:keys) AS wanted
JOIN memory AS m ON m.key = wanted.value
JOIN version AS v ON v.key = m.version_key

-- name: known_ids --
SELECT json_group_array(value) FROM json_each(:ids) AS wanted
WHERE EXISTS (SELECT 1 FROM version WHERE memory_id = wanted.value)
   OR EXISTS (SELECT 1 FROM tombstone WHERE id = wanted.value)

-- name: ids_with_prefix --
SELECT json_group_array(id) FROM (
    SELECT id FROM memory WHERE id >= :prefix AND id < :prefix || char(1114111)
        AND (:now IS NULL OR expires_at IS NULL OR expires_at > :now)
    ORDER BY id LIMIT :limit)

-- name: archived_by_id --
SELECT json_group_array(json(o)) FROM (
    SELECT {archived_object} AS o
    FROM json_each(:ids) AS wanted
    JOIN archived AS a ON a.id = wanted.value JOIN version AS v ON v.key = a.version_key)

-- name: archived_with_prefix --
SELECT json_group_array(id) FROM (
    SELECT id FROM archived WHERE id >= :prefix AND id < :prefix || char(1114111)
    ORDER BY id LIMIT :limit)

-- name: list_archived --
SELECT json_group_array(json(o)) FROM (
    SELECT {archived_object} AS o
    FROM archived AS a JOIN version AS v ON v.key = a.version_key
    WHERE {where}
    ORDER BY a.archived_at DESC, a.id
    LIMIT :limit OFFSET :offset)

-- name: archived_ids --
SELECT json_group_array(id) FROM (
    SELECT a.id AS id FROM archived AS a WHERE {where} ORDER BY a.archived_at DESC, a.id LIMIT :limit)

-- name: count_archived --
SELECT count(*) FROM (SELECT 1 FROM archived AS a WHERE {where} LIMIT :most)

-- name: archive_state --
-- Changes with what the archive holds; the newest by its index, the rest from kept figures.
SELECT json_array(
    (SELECT rows FROM row_count WHERE name = 'archived'),
    (SELECT coalesce(sum(bytes), 0) FROM archive_tally),
    (SELECT json_array(archived_at, id) FROM archived ORDER BY archived_at DESC, id LIMIT 1))

-- name: archive_figures --
SELECT json_array(
    (SELECT rows FROM row_count WHERE name = 'archived'),
    (SELECT coalesce(sum(bytes), 0) FROM archive_tally),
    (SELECT min(archived_at) FROM archived),
    (SELECT max(archived_at) FROM archived),
    json((SELECT json_group_array(json_array(namespace, memories)) FROM (
        SELECT namespace, memories FROM archive_tally ORDER BY memories DESC, namespace))))

-- name: matching_ids --
SELECT json_group_array(json_array(key, id)) FROM (
    SELECT m.key AS key, m.id AS id FROM memory AS m {version_join}
    WHERE {where} AND {after} LIMIT :limit)

-- name: word_ids --
SELECT json_group_array(json_array(key, id)) FROM (
    SELECT m.key AS key, m.id AS id
    FROM words JOIN memory AS m ON m.key = words.rowid {version_join}
    WHERE words MATCH :expression AND {where} AND words.rowid > :after
    ORDER BY words.rowid LIMIT :limit)

-- name: list_memories --
SELECT json_group_array(json(o)) FROM (
    SELECT {memory_object} AS o
    FROM memory AS m JOIN version AS v ON v.key = m.version_key
    WHERE {where} AND {after}
    ORDER BY m.priority DESC, m.updated_at DESC, m.id
    LIMIT :limit OFFSET :offset)

-- name: count_memories --
SELECT count(*) FROM (SELECT 1 FROM memory AS m {version_join} WHERE {where} LIMIT :most)

-- name: tallied_memories --
-- The tally counts what has expired and nobody has collected yet; the expiry index knows those.
SELECT (SELECT coalesce(sum(memories), 0) FROM tally WHERE {place})
     - (SELECT count(*) FROM memory INDEXED BY memory_by_expiry
        WHERE expires_at <= :f_now AND {place})

-- name: match_words --
SELECT json_group_array(json_array(key, score)) FROM (
    SELECT m.key AS key, -bm25(words, {weights}) AS score
    FROM words JOIN memory AS m ON m.key = words.rowid {version_join}
    WHERE words MATCH :expression AND {where}
    ORDER BY score DESC, m.key
    LIMIT :limit OFFSET :offset)

-- name: match_words_everywhere --
SELECT json_group_array(json_array(rowid, score)) FROM (
    SELECT rowid, -bm25(words, {weights}) AS score
    FROM words WHERE words MATCH :expression
    ORDER BY score DESC, rowid
    LIMIT :limit)

-- name: matching_keys --
SELECT json_group_array(m.key)
FROM json_each(:keys) AS wanted
CROSS JOIN memory AS m ON m.key = wanted.value {version_join}
WHERE {where}

-- name: namespace_keys --
SELECT json_group_array(key) FROM (
    SELECT key FROM memory WHERE namespace IN (SELECT value FROM json_each(:namespaces))
    LIMIT :limit)

-- name: newest_keys --
SELECT json_array(
    coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'memory'), 0),
    coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'version'), 0))

-- name: changed_memories --
SELECT json_group_array(json_array(v.key, m.key))
FROM version AS v CROSS JOIN memory AS m ON m.id = v.memory_id
WHERE v.key > :version AND m.key <= :covered

-- name: word_sizes_after --
SELECT json_group_array(id), CAST(coalesce(group_concat(CAST(sz AS TEXT), ''), '') AS BLOB)
FROM (SELECT id, sz FROM words_docsize WHERE id > :after ORDER BY id)

-- name: word_sizes --
SELECT json_group_array(id), CAST(coalesce(group_concat(CAST(sz AS TEXT), ''), '') AS BLOB)
FROM words_docsize WHERE id IN (SELECT value FROM json_each(:keys))

-- name: word_frequencies --
SELECT json_group_array((
    SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH asked.value LIMIT :limit)))
FROM json_each(:asked) AS asked

-- name: unknown_words --
SELECT json_group_array(asked.key) FROM json_each(:asked) AS asked
WHERE NOT EXISTS (SELECT 1 FROM words WHERE words MATCH asked.value)

-- name: indexed_words --
SELECT json_group_array(DISTINCT term) FROM (
    SELECT term FROM word_instance WHERE term >= :first AND term < :end LIMIT :limit)

-- name: keys_with_term --
SELECT json_group_array(DISTINCT key) FROM (
    SELECT m.key AS key
    FROM word_instance AS i CROSS JOIN memory AS m ON m.key = i.doc {version_join}
    WHERE i.term = :term AND {where}
    LIMIT :limit)

-- name: word_instances --
SELECT json_group_array(doc * 4 + CASE col WHEN 'content' THEN 1 WHEN 'title' THEN 0 ELSE 2 END)
FROM word_instance WHERE term >= :first AND term <= :last

-- name: keys_after --
SELECT json_group_array(json((
    SELECT json_group_array(rowid) FROM words
    WHERE words MATCH asked.value ->> 0 AND rowid > asked.value ->> 1)))
FROM json_each(:asked) AS asked

-- name: keys_with_word --
SELECT json_group_array(wanted.value) FROM json_each(:keys) AS wanted
WHERE EXISTS (SELECT 1 FROM words WHERE words MATCH :expression AND rowid = wanted.value)

-- name: anything_gone --
SELECT EXISTS (SELECT 1 FROM archived)
    OR EXISTS (SELECT 1 FROM memory INDEXED BY memory_by_expiry WHERE expires_at <= :now)

-- name: matching_texts --
SELECT json_group_array(rowid) FROM (
    SELECT rowid FROM words WHERE words MATCH :expression ORDER BY rank)

-- name: count_words --
SELECT count(*) FROM (
    SELECT 1 FROM words JOIN memory AS m ON m.key = words.rowid {version_join}
    WHERE words MATCH :expression AND {where} LIMIT :most)

-- name: similar_texts --
-- The + keeps the planner from walking the namespace instead of the few rows the words name.
SELECT json_group_array('' || (
    SELECT json_group_array(id) FROM (
        SELECT m.id AS id, count(*) AS shared
        FROM json_each(ask.value ->> 1) AS term
        CROSS JOIN memory AS m ON m.key IN (
            SELECT rowid FROM words WHERE words MATCH term.value
            ORDER BY rowid DESC LIMIT :newest)
        WHERE +m.namespace = ask.value ->> 0 AND (m.expires_at IS NULL OR m.expires_at > :now)
        GROUP BY m.key
        HAVING shared >= ask.value ->> 2
        ORDER BY shared DESC, m.key DESC
        LIMIT :limit)))
FROM json_each(:asks) AS ask

-- name: last_window_key --
SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'window_vector'), 0)

-- name: window_keys_between --
SELECT json_group_array(key) FROM (
    SELECT key FROM window_vector WHERE key > :low AND key <= :high ORDER BY key)

-- name: window_count --
SELECT coalesce((SELECT windows FROM embedding_model WHERE key = :model), 0)

-- name: window_vectors_after --
-- The plus keeps the planner by the keys: an index of models would give it all rows of one to sort.
SELECT json_group_array(key), CAST(coalesce(group_concat(CAST(vector AS TEXT), ''), '') AS BLOB)
FROM (SELECT key, vector FROM window_vector
      WHERE key > :key AND +model = :model ORDER BY key LIMIT :limit)

-- name: window_vectors --
SELECT json_group_array(json_array(w.key, w.memory_key, w.start, w.end)), CAST(coalesce(group_concat(CAST(w.vector AS TEXT), ''), '') AS BLOB)
FROM json_each(:keys) AS wanted JOIN window_vector AS w ON w.key = wanted.value

-- name: window_vectors_matching --
SELECT json_group_array(json_array(w.key, w.memory_key, w.start, w.end)), CAST(coalesce(group_concat(CAST(w.vector AS TEXT), ''), '') AS BLOB)
FROM json_each(:keys) AS wanted
CROSS JOIN window_vector AS w ON w.key = wanted.value
CROSS JOIN memory AS m ON m.key = w.memory_key {version_join}
WHERE {where}

-- name: window_vectors_live --
-- Nothing but who has expired is asked of the memories, and few have: their rows stay unread.
SELECT json_group_array(json_array(w.key, w.memory_key, w.start, w.end)), CAST(coalesce(group_concat(CAST(w.vector AS TEXT), ''), '') AS BLOB)
FROM json_each(:keys) AS wanted
CROSS JOIN window_vector AS w ON w.key = wanted.value
WHERE w.memory_key NOT IN (
    SELECT key FROM memory INDEXED BY memory_by_expiry WHERE expires_at <= :f_now)

-- name: window_keys --
SELECT json_group_array(key) FROM (
    SELECT w.key AS key
    FROM memory AS m JOIN window_vector AS w ON w.model = :model AND w.memory_key = m.key
        {version_join}
    WHERE {where} LIMIT :limit)

-- name: first_vectors --
SELECT json_group_array(json_array(m.id, hex(w.vector)))
FROM json_each(:ids) AS wanted
JOIN memory AS m ON m.id = wanted.value
JOIN window_vector AS w ON w.key = (
    SELECT min(first.key) FROM window_vector AS first
    WHERE first.model = :model AND first.memory_key = m.key)

-- name: window_memories --
SELECT json_group_array(json_array(w.key, w.memory_key, w.start, w.end))
FROM json_each(:keys) AS wanted JOIN window_vector AS w ON w.key = wanted.value

-- name: history --
SELECT json_group_array(json(o)) FROM (
    SELECT json_object('number', v.number,
        'payload', json_object('title', v.title, 'content', v.content,
            'tags', json(v.tags), 'metadata', json(v.metadata)),
        'written_at', v.written_at,
        'current', json(iif(v.key = (SELECT version_key FROM memory WHERE id = :id), 'true', 'false'))) AS o
    FROM version AS v
    WHERE v.memory_id = :id AND v.title IS NOT NULL
    ORDER BY v.number DESC, v.key DESC LIMIT :limit OFFSET :offset)

-- name: version_numbered --
-- An array of one or none, so that a damaged one is read as in a list.
SELECT json_group_array(json(o)) FROM (
    SELECT json_object('number', v.number,
        'payload', json_object('title', v.title, 'content', v.content,
            'tags', json(v.tags), 'metadata', json(v.metadata)),
        'written_at', v.written_at,
        'current', json(iif(v.key = (SELECT version_key FROM memory WHERE id = :id), 'true', 'false'))) AS o
    FROM version AS v WHERE v.memory_id = :id AND v.number = :number AND v.title IS NOT NULL
    ORDER BY v.key DESC LIMIT 1)

-- name: damaged_ids --
-- Live memories whose rows hold something else than they should, as `damage.py` and `view.py` see it.
SELECT m.id FROM memory AS m JOIN version AS v ON v.key = m.version_key
WHERE m.created_at NOT BETWEEN :low AND :high OR m.updated_at NOT BETWEEN :low AND :high
   OR m.expires_at NOT BETWEEN :low AND :high OR m.last_accessed_at NOT BETWEEN :low AND :high
   OR m.tier NOT IN ('short', 'mid', 'long') OR abs(m.confidence) > 1e308
   OR v.title IS NULL OR v.content IS NULL
   OR NOT iif(json_valid(v.tags), json_type(v.tags) = 'array', 0)
   OR NOT iif(json_valid(v.metadata), json_type(v.metadata) = 'object', 0)
ORDER BY m.id LIMIT :limit

-- name: traces --
SELECT json_object(
    'live', json(iif(EXISTS (SELECT 1 FROM memory WHERE id = :id), 'true', 'false')),
    'archived', json(iif(EXISTS (SELECT 1 FROM archived WHERE id = :id), 'true', 'false')),
    'versions', json((SELECT json_group_array(lower(hex(hash))) FROM (
        SELECT hash FROM version WHERE memory_id = :id ORDER BY number, key))),
    'windows', json((SELECT json_group_array(key) FROM window_vector
        WHERE model IN (SELECT key FROM embedding_model)
          AND memory_key = (SELECT key FROM memory WHERE id = :id))),
    'links', (SELECT count(*) FROM link WHERE source_id = :id OR target_id = :id),
    'copies', json((SELECT json_group_array(source_id) FROM (
        SELECT DISTINCT source_id FROM link
        WHERE target_id = :id AND relation = 'derived_from' ORDER BY source_id))),
    'tombstone', (SELECT kind FROM tombstone WHERE id = :id))

-- name: count_history --
SELECT count(*) FROM version WHERE memory_id = :id AND title IS NOT NULL

-- name: link_array --
json_array(source_id, target_id, relation, valid_from, recorded_at, created_at, valid_until,
    observed_by, retracted_at)

-- name: links_outbound --
SELECT l.* FROM json_each(:ids) AS near
CROSS JOIN link AS l ON l.source_id = near.value
CROSS JOIN memory AS m ON m.id = l.target_id {version_join}
WHERE {believed} AND {where}

-- name: links_inbound --
SELECT l.* FROM json_each(:ids) AS near
CROSS JOIN link AS l INDEXED BY link_by_target ON l.target_id = near.value
CROSS JOIN memory AS m ON m.id = l.source_id {version_join}
WHERE {believed} AND {where}

-- name: links_both --
{links_outbound} UNION ALL {links_inbound}

-- name: links_at --
SELECT json_group_array({link_array}) FROM (SELECT * FROM ({ends}) LIMIT :limit)

-- name: links --
SELECT json_group_array(json(o)) FROM (
    SELECT {link_array} AS o FROM ({ends}) WHERE {after}
    ORDER BY valid_from, created_at, source_id, target_id, relation LIMIT :limit)

-- name: any_link --
SELECT EXISTS (SELECT 1 FROM link WHERE source_id = :id)
    OR EXISTS (SELECT 1 FROM link INDEXED BY link_by_target WHERE target_id = :id)

-- name: count_links --
SELECT count(*) FROM ({ends})

-- name: believed_links --
SELECT json_group_array({link_array})
FROM json_each(:pairs) AS pair
CROSS JOIN link AS l INDEXED BY link_by_target
    ON l.target_id = pair.value ->> 1 AND l.source_id = pair.value ->> 0
WHERE l.retracted_at IS NULL

-- name: supersessions_outbound --
SELECT json_group_array({link_array})
FROM json_each(:ids) AS near CROSS JOIN link AS l ON l.source_id = near.value
WHERE l.relation = 'supersedes' AND l.retracted_at IS NULL

-- name: supersessions_inbound --
SELECT json_group_array({link_array})
FROM json_each(:ids) AS near
CROSS JOIN link AS l INDEXED BY link_by_target ON l.target_id = near.value
WHERE l.relation = 'supersedes' AND l.retracted_at IS NULL

-- name: contradicting --
SELECT json_group_array({link_array}) FROM (
    SELECT l.* FROM link AS l
    CROSS JOIN memory AS a ON a.id = l.source_id
    CROSS JOIN memory AS b ON b.id = l.target_id
    WHERE l.relation = 'contradicts' AND l.retracted_at IS NULL AND l.valid_from <= :now
      AND (l.valid_until IS NULL OR l.valid_until > :now)
      AND (a.expires_at IS NULL OR a.expires_at > :now)
      AND (b.expires_at IS NULL OR b.expires_at > :now)
      AND (:namespace IS NULL OR a.namespace = :namespace OR b.namespace = :namespace)
    ORDER BY l.valid_from, l.created_at, l.source_id, l.target_id LIMIT :limit)

-- name: derivations --
SELECT json_group_array({link_array}) FROM (
    SELECT * FROM link WHERE source_id = :id AND relation = 'derived_from'
      AND retracted_at IS NULL ORDER BY valid_from, target_id)

-- name: entity_called --
SELECT {memory_object}
FROM alias AS a
CROSS JOIN memory AS m ON m.id = a.memory_id
CROSS JOIN version AS v ON v.key = m.version_key
WHERE a.alias = :alias AND v.metadata ->> 'kind' = 'entity' AND {where}
ORDER BY m.created_at DESC, m.id DESC LIMIT 1

-- name: labels --
SELECT json_group_array(json_array(m.id, m.namespace, v.title))
FROM json_each(:ids) AS wanted
JOIN memory AS m ON m.id = wanted.value
JOIN version AS v ON v.key = m.version_key

-- name: memories_after --
SELECT json_group_array(json(o)) FROM (
    SELECT {memory_object} AS o
    FROM memory AS m JOIN version AS v ON v.key = m.version_key
    WHERE m.id > :after ORDER BY m.id LIMIT :limit)

-- name: archived_after --
SELECT json_group_array(json(o)) FROM (
    SELECT {archived_object} AS o
    FROM archived AS a JOIN version AS v ON v.key = a.version_key
    WHERE a.id > :after ORDER BY a.id LIMIT :limit)

-- name: earlier_versions --
-- Those that no memory stands on, live or archived.
SELECT json_object('number', v.number,
    'memory_id', v.memory_id, 'hash', lower(hex(v.hash)),
    'payload', json_object('title', v.title, 'content', v.content,
        'tags', json(v.tags), 'metadata', json(v.metadata)),
    'written_at', v.written_at) AS o
FROM version AS v
WHERE (v.memory_id, v.number, v.hash) > (:id, :number, unhex(:hash)) AND v.title IS NOT NULL
  AND v.key NOT IN (SELECT version_key FROM memory WHERE id = v.memory_id
                    UNION ALL SELECT version_key FROM archived WHERE id = v.memory_id)

-- name: versions_after --
SELECT json_group_array(json(o)) FROM (
    {earlier_versions} ORDER BY v.memory_id, v.number, v.hash LIMIT :limit)

-- name: link_rows_after --
SELECT json_group_array(json(o)) FROM (
    SELECT {link_array} AS o FROM link
    WHERE (source_id, valid_from, target_id, relation, recorded_at)
        > (:source_id, :valid_from, :target_id, :relation, :recorded_at)
    ORDER BY source_id, valid_from, target_id, relation, recorded_at LIMIT :limit)

-- name: tombstones_after --
SELECT json_group_array(json(o)) FROM (
    SELECT json_object('id', id, 'kind', kind, 'at', at) AS o
    FROM tombstone WHERE id > :after ORDER BY id LIMIT :limit)

-- name: windows_of --
SELECT json_group_array(json_array(m.id, w.start, w.end, hex(w.vector)))
FROM json_each(:ids) AS wanted
CROSS JOIN memory AS m ON m.id = wanted.value AND m.embedded = 1
CROSS JOIN window_vector AS w ON w.model = :model AND w.memory_key = m.key
ORDER BY m.id, w.start, w.end

-- name: known_tombstones --
SELECT json_group_array(id) FROM tombstone WHERE id IN (SELECT value FROM json_each(:ids))

-- name: known_versions --
SELECT json_group_array(json_array(memory_id, number, lower(hex(hash))))
FROM version WHERE memory_id IN (SELECT value FROM json_each(:ids))

-- name: known_links --
SELECT json_group_array({link_array})
FROM link WHERE source_id IN (SELECT value FROM json_each(:ids))

-- name: row_figures --
SELECT json_object(
    'memory', (SELECT count(*) FROM memory),
    'archived', (SELECT count(*) FROM archived),
    'version', (SELECT count(*) FROM version WHERE title IS NOT NULL)
             - (SELECT count(*) FROM memory) - (SELECT count(*) FROM archived),
    'link', (SELECT count(*) FROM link),
    'tombstone', (SELECT count(*) FROM tombstone))

-- name: live_tally --
SELECT namespace, tier, memories AS n FROM tally
UNION ALL
SELECT namespace, tier, -1 FROM memory INDEXED BY memory_by_expiry WHERE expires_at <= :now

-- name: namespaces --
WITH place AS MATERIALIZED (
    SELECT namespace, sum(n) AS n FROM ({live_tally}) GROUP BY namespace HAVING sum(n) > 0)
SELECT json_array(
    (SELECT count(*) FROM place),
    json((SELECT json_group_array(json_array(namespace, n)) FROM (
        SELECT namespace, n FROM place
        WHERE n < :count OR (n = :count AND namespace > :namespace)
        ORDER BY n DESC, namespace LIMIT :limit))))

-- name: namespace_counts --
WITH gone AS MATERIALIZED (
    SELECT namespace, count(*) AS expired FROM memory INDEXED BY memory_by_expiry
    WHERE expires_at <= :now GROUP BY namespace),
place AS MATERIALIZED (
    SELECT t.namespace, sum(t.memories) - coalesce(g.expired, 0) AS n
    FROM tally AS t LEFT JOIN gone AS g ON g.namespace = t.namespace
    WHERE :prefix = '' OR t.namespace = :prefix
          OR (t.namespace > :prefix || '/' AND t.namespace < :prefix || '0')
    GROUP BY t.namespace HAVING n > 0),
size AS MATERIALIZED (SELECT count(*) AS total, coalesce(sum(n), 0) AS memories FROM place)
SELECT json_array(total, memories,
    json(iif(total <= :limit, (SELECT json_array(json_group_array(namespace), json_group_array(n)) FROM place),
        (SELECT json_array(json_group_array(namespace), json_group_array(n)) FROM (
            SELECT namespace, n FROM place ORDER BY n DESC, namespace LIMIT :limit)))))
FROM size

-- name: tiers --
SELECT json_group_array(json_array(tier, n)) FROM (
    SELECT tier, sum(n) AS n FROM ({live_tally}) GROUP BY tier HAVING sum(n) > 0 ORDER BY tier)

-- name: figures --
SELECT json_array(
    (SELECT coalesce(sum(n), 0) FROM ({live_tally})),
    (SELECT count(*) FROM memory WHERE expires_at > :now AND expires_at <= :soon),
    (SELECT rows FROM row_count WHERE name = 'link'),
    coalesce((SELECT windows FROM embedding_model WHERE role = 'serving'), 0),
    (SELECT coalesce(sum(unembedded), 0) FROM tally),
    (SELECT rows FROM row_count WHERE name = 'archived'),
    (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size))

-- name: embedding_models --
SELECT json_group_array(json_array(key, id, dim, role, reached)) FROM embedding_model

-- name: waiting_keys --
SELECT json_group_array(key) FROM (
    SELECT m.key AS key FROM window_waiting AS w JOIN memory AS m ON m.key = w.memory_key
    ORDER BY key LIMIT :limit)

-- name: keys_ahead --
SELECT json_group_array(json_array(key, EXISTS (
    SELECT 1 FROM window_vector WHERE model = :model AND memory_key = ahead.key)))
FROM (SELECT key FROM memory WHERE key > :reached ORDER BY key LIMIT :limit) AS ahead

-- name: count_unprepared --
SELECT (SELECT count(*) FROM memory WHERE key > :reached)
     + (SELECT count(*) FROM window_waiting AS w JOIN memory AS m ON m.key = w.memory_key
        WHERE m.key <= :reached)

-- name: unembedded --
SELECT json_group_array(json(o)) FROM (
    SELECT {memory_object} AS o
    FROM memory AS m INDEXED BY memory_unembedded JOIN version AS v ON v.key = m.version_key
    WHERE m.embedded = 0 ORDER BY m.key LIMIT :limit)

-- name: count_unembedded --
SELECT coalesce(sum(unembedded), 0) FROM tally

-- name: count_expired --
SELECT count(*) FROM memory INDEXED BY memory_by_expiry WHERE expires_at <= :now

-- name: expired --
SELECT json_group_array(id) FROM (
    SELECT id FROM memory WHERE expires_at <= :now ORDER BY expires_at, id LIMIT :limit)

-- name: log_position --
SELECT coalesce(max(position), 0) FROM log

-- name: log_entries --
SELECT json_group_array(json(o)) FROM (
    SELECT json_object('origin', o.id, 'sequence', l.sequence, 'hybrid_time', l.hybrid_time,
        'change', json(l.change)) AS o
    FROM log AS l JOIN origin AS o ON o.key = l.origin
    WHERE l.position > :after ORDER BY l.position LIMIT :limit)

-- name: state_rows --
SELECT kind, id, facts FROM (
    SELECT 1 AS kind, m.id AS id, json_array(m.namespace, hex(m.title_digest), hex(v.hash),
        v.number, m.tier, m.priority, m.confidence, m.source, m.agent_id, m.scope,
        m.created_at, m.updated_at, m.expires_at) AS facts
    FROM memory AS m JOIN version AS v ON v.key = m.version_key
    UNION ALL
    SELECT 2, a.id, json_array(a.namespace, hex(a.title_digest), hex(v.hash), v.number, a.tier,
        a.priority, a.confidence, a.source, a.agent_id, a.scope, a.created_at, a.updated_at,
        a.expires_at, a.archived_at, a.reason)
    FROM archived AS a JOIN version AS v ON v.key = a.version_key
    UNION ALL
    SELECT 3, source_id || ' ' || target_id || ' ' || relation || ' ' || valid_from || ' ' ||
            recorded_at,
        json_array(created_at, valid_until, observed_by, retracted_at)
    FROM link
    UNION ALL
    SELECT 4, memory_id || ' ' || number || ' ' || hex(hash), json_array(written_at)
    FROM version
    UNION ALL
    SELECT 5, memory_id || ' ' || alias, json_array() FROM alias
    UNION ALL
    SELECT 6, id, json_array(kind, at) FROM tombstone)
ORDER BY kind, id

-- name: version_payload --
SELECT json_object('title', title, 'content', content, 'tags', json(tags), 'metadata', json(metadata))
FROM version WHERE memory_id = :id AND number = :number AND hash = :hash AND title IS NOT NULL

-- name: insert_versions --
INSERT INTO version (key, memory_id, number, hash, title, content, tags, metadata, written_at)
SELECT value ->> 0, value ->> 1, value ->> 2, unhex(value ->> 3), value ->> 4, value ->> 5,
       value -> 6, value -> 7, value ->> 8
FROM jsonb_each(:rows) WHERE true
ON CONFLICT (memory_id, number, hash) DO UPDATE SET
    title = excluded.title, content = excluded.content,
    tags = excluded.tags, metadata = excluded.metadata

-- name: insert_memories --
INSERT INTO memory (key, id, namespace, title_digest, version_key, tier, priority, confidence,
    source, agent_id, scope, created_at, updated_at, expires_at, embedded,
    access_count, last_accessed_at)
SELECT value ->> 0, value ->> 1, value ->> 2, unhex(value ->> 3),
       (SELECT key FROM version WHERE memory_id = value ->> 1 AND number = value ->> 4
                                  AND hash = unhex(value ->> 5)),
       value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11,
       value ->> 12, value ->> 13, value ->> 14, value ->> 15,
       -- What comes back from the archive brings its counters; they are in no log.
       coalesce((SELECT access_count FROM archived WHERE id = value ->> 1), 0),
       (SELECT last_accessed_at FROM archived WHERE id = value ->> 1)
FROM jsonb_each(:rows)

-- name: update_memories --
UPDATE memory SET
    namespace = row.value ->> 2, title_digest = unhex(row.value ->> 3),
    version_key = (SELECT key FROM version WHERE memory_id = row.value ->> 1
                   AND number = row.value ->> 4 AND hash = unhex(row.value ->> 5)),
    tier = row.value ->> 6, priority = row.value ->> 7, confidence = row.value ->> 8,
    source = row.value ->> 9, agent_id = row.value ->> 10, scope = row.value ->> 11,
    created_at = row.value ->> 12, updated_at = row.value ->> 13, expires_at = row.value ->> 14,
    embedded = iif(row.value ->> 15, 0, embedded)
FROM jsonb_each(:rows) AS row
WHERE memory.key = row.value ->> 0

-- name: delete_words --
DELETE FROM words WHERE rowid IN (SELECT value FROM json_each(:rows))

-- name: insert_words --
INSERT INTO words (rowid, title, content, tags)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM jsonb_each(:rows)

-- name: delete_windows --
-- Of every model.
DELETE FROM window_vector WHERE key IN (
    SELECT w.key FROM embedding_model AS model CROSS JOIN json_each(:rows) AS gone
    CROSS JOIN window_vector AS w ON w.model = model.key AND w.memory_key = gone.value)

-- name: await_windows --
INSERT INTO window_waiting (memory_key) SELECT value FROM json_each(:rows)
WHERE EXISTS (SELECT 1 FROM embedding_model WHERE role = 'coming') ON CONFLICT DO NOTHING

-- name: replace_windows --
DELETE FROM window_vector WHERE key IN (
    SELECT w.key FROM json_each(:rows) AS old
    CROSS JOIN window_vector AS w ON w.model = old.value ->> 0 AND w.memory_key = old.value ->> 1)

-- name: insert_windows --
INSERT INTO window_vector (model, memory_key, start, end, vector)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, unhex(value ->> 4)
FROM jsonb_each(:rows)

-- name: end_waiting --
DELETE FROM window_waiting WHERE memory_key IN (SELECT value FROM json_each(:rows))

-- name: end_all_waiting --
DELETE FROM window_waiting

-- name: add_model --
INSERT INTO embedding_model (id, dim, role) VALUES (:id, :dim, :role)

-- name: change_role --
UPDATE embedding_model SET role = :after WHERE role = :before

-- name: reach --
UPDATE embedding_model SET reached = max(reached, :reached) WHERE key = :model

-- name: drop_leaving --
DELETE FROM window_vector WHERE key IN (
    SELECT w.key FROM embedding_model AS model CROSS JOIN window_vector AS w ON w.model = model.key
    WHERE model.role = 'leaving' LIMIT :limit)

-- name: forget_left --
DELETE FROM embedding_model WHERE role = 'leaving'
    AND NOT EXISTS (SELECT 1 FROM window_vector WHERE model = embedding_model.key)

-- name: mark_embedded --
UPDATE memory SET embedded = 1 WHERE key IN (SELECT value FROM json_each(:rows))

-- name: mark_all_embedded --
UPDATE memory SET embedded = 1 WHERE embedded = 0

-- name: mark_unembedded --
UPDATE memory SET embedded = 0 WHERE id IN (SELECT value FROM json_each(:rows))

-- name: archive_memories --
INSERT INTO archived (id, namespace, title_digest, version_key, tier, priority, confidence, source,
    agent_id, scope, created_at, updated_at, expires_at, access_count, last_accessed_at,
    archived_at, reason)
SELECT m.id, m.namespace, m.title_digest, m.version_key, m.tier, m.priority, m.confidence,
    m.source, m.agent_id, m.scope, m.created_at, m.updated_at, m.expires_at, m.access_count,
    m.last_accessed_at, row.value ->> 1, row.value ->> 2
FROM json_each(:rows) AS row JOIN memory AS m ON m.key = row.value ->> 0 WHERE true
ON CONFLICT (id) DO UPDATE SET
    namespace = excluded.namespace, title_digest = excluded.title_digest,
    version_key = excluded.version_key, tier = excluded.tier, priority = excluded.priority,
    confidence = excluded.confidence, source = excluded.source, agent_id = excluded.agent_id,
    scope = excluded.scope, created_at = excluded.created_at, updated_at = excluded.updated_at,
    expires_at = excluded.expires_at, access_count = excluded.access_count,
    last_accessed_at = excluded.last_accessed_at, archived_at = excluded.archived_at,
    reason = excluded.reason

-- name: insert_archived --
INSERT INTO archived (id, namespace, title_digest, version_key, tier, priority, confidence, source,
    agent_id, scope, created_at, updated_at, expires_at, access_count, last_accessed_at,
    archived_at, reason)
SELECT value ->> 0, value ->> 1, unhex(value ->> 2),
       (SELECT key FROM version WHERE memory_id = value ->> 0 AND number = value ->> 3
                                  AND hash = unhex(value ->> 4)),
       value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10,
       value ->> 11, value ->> 12, value ->> 13, value ->> 14, value ->> 15, value ->> 16,
       value ->> 17
FROM jsonb_each(:rows)

-- name: delete_memories --
DELETE FROM memory WHERE key IN (SELECT value ->> 0 FROM json_each(:rows))

-- name: purge_archived --
DELETE FROM archived WHERE id IN (SELECT value ->> 0 FROM json_each(:rows))

-- name: purge_versions --
DELETE FROM version WHERE memory_id IN (SELECT value ->> 0 FROM json_each(:rows))

-- name: purge_links --
DELETE FROM link WHERE source_id IN (SELECT value ->> 0 FROM json_each(:rows))
                    OR target_id IN (SELECT value ->> 0 FROM json_each(:rows))

-- name: purge_model_work --
DELETE FROM model_work WHERE memory_id IN (SELECT value ->> 0 FROM json_each(:rows))

-- name: mark_scrub --
INSERT INTO meta (name, value) VALUES ('scrub_due', :mark), ('last_erasure', :mark)
ON CONFLICT (name) DO UPDATE SET value = excluded.value

-- name: purge_aliases --
DELETE FROM alias WHERE memory_id IN (SELECT value ->> 0 FROM json_each(:rows))

-- name: insert_tombstones --
INSERT INTO tombstone (id, kind, at) SELECT value ->> 0, value ->> 1, value ->> 2
FROM json_each(:rows) WHERE true
ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, at = excluded.at

-- name: insert_links --
INSERT INTO link (source_id, target_id, relation, valid_from, recorded_at, created_at, valid_until,
    observed_by, retracted_at)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
    value ->> 7, value ->> 8
FROM jsonb_each(:rows) WHERE true
ON CONFLICT DO UPDATE SET created_at = excluded.created_at, valid_until = excluded.valid_until,
    observed_by = excluded.observed_by, retracted_at = excluded.retracted_at

-- name: succeed_links --
-- A belief ends where the next one about the same interval begins.
UPDATE link SET retracted_at = (
    SELECT min(later.recorded_at) FROM link AS later
    WHERE later.source_id = link.source_id AND later.valid_from = link.valid_from
      AND later.target_id = link.target_id AND later.relation = link.relation
      AND later.recorded_at > link.recorded_at)
FROM json_each(:rows) AS row
WHERE link.source_id = row.value ->> 0 AND link.valid_from = row.value ->> 3
  AND link.target_id = row.value ->> 1 AND link.relation = row.value ->> 2
  AND link.retracted_at IS NULL
  AND EXISTS (
    SELECT 1 FROM link AS later
    WHERE later.source_id = link.source_id AND later.valid_from = link.valid_from
      AND later.target_id = link.target_id AND later.relation = link.relation
      AND later.recorded_at > link.recorded_at)

-- name: retract_links --
UPDATE link SET retracted_at = max(recorded_at, row.value ->> 4)
FROM json_each(:rows) AS row
WHERE link.source_id = row.value ->> 0 AND link.valid_from = row.value ->> 3
  AND link.target_id = row.value ->> 1 AND link.relation = row.value ->> 2
  AND link.retracted_at IS NULL

-- name: delete_aliases --
DELETE FROM alias WHERE memory_id IN (SELECT value FROM json_each(:rows))

-- name: insert_aliases --
INSERT INTO alias (memory_id, alias) SELECT value ->> 0, value ->> 1 FROM json_each(:rows) WHERE true
ON CONFLICT DO NOTHING

-- name: insert_origins --
INSERT INTO origin (id) SELECT value FROM json_each(:rows) WHERE true ON CONFLICT DO NOTHING

-- name: insert_log --
INSERT INTO log (origin, sequence, hybrid_time, change)
SELECT (SELECT key FROM origin WHERE id = value ->> 0), value ->> 1, value ->> 2, value -> 3
FROM jsonb_each(:rows)

-- name: touch_memories --
UPDATE memory SET access_count = min(access_count + (row.value ->> 1), :cap),
                  last_accessed_at = max(coalesce(last_accessed_at, 0), row.value ->> 2)
FROM json_each(:rows) AS row WHERE memory.id = row.value ->> 0

-- name: opening --
SELECT json_array(
    (SELECT key FROM origin WHERE id = :origin),
    coalesce((SELECT sequence FROM origin WHERE id = :origin), 0),
    (SELECT coalesce(max(hybrid_time), 0) FROM origin),
    coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'memory'), 0),
    coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'version'), 0)),
({memories_by_id}), ({memories_by_title}), ({similar_texts})

-- name: make_intake --
-- A door for everything new in a batch, in one statement: each statement hands the interpreter
-- lock over, and beside busy threads that is what costs. It stands on the writer's connection only.
CREATE TEMP VIEW intake (versions, memories, words, windows, log)
AS SELECT NULL, NULL, NULL, NULL, NULL;
CREATE TEMP TRIGGER take_in INSTEAD OF INSERT ON intake BEGIN
    {versions};
    {memories};
    {words};
    {windows};
    {log};
END

-- name: take_in --
INSERT INTO intake VALUES (:versions, :memories, :words, :windows, :log)

-- name: put_model_work --
INSERT INTO model_work (memory_id, kind, text_hash, due_at)
SELECT value ->> 'memory_id', value ->> 'kind', value ->> 'text_hash', :due_at
FROM json_each(:rows) WHERE true
ON CONFLICT (memory_id, kind) DO UPDATE SET
    text_hash = excluded.text_hash, attempts = 0, due_at = excluded.due_at, given_up = 0,
    problem = NULL
WHERE text_hash <> excluded.text_hash OR given_up = 1

-- name: due_model_work --
SELECT json_group_array(json(o)) FROM (
    SELECT json_object('memory_id', memory_id, 'kind', kind, 'text_hash', text_hash,
        'attempts', attempts + 1) AS o
    FROM model_work WHERE given_up = 0 AND due_at <= :now ORDER BY due_at LIMIT 1)

-- name: lease_model_work --
UPDATE model_work SET due_at = :until, attempts = attempts + 1
WHERE memory_id = :memory_id AND kind = :kind

-- name: end_model_work --
DELETE FROM model_work
WHERE memory_id = :memory_id AND kind = :kind AND text_hash = :text_hash

-- name: fail_model_work --
UPDATE model_work SET problem = :problem, due_at = coalesce(:again_at, due_at),
    given_up = :again_at IS NULL
WHERE memory_id = :memory_id AND kind = :kind AND text_hash = :text_hash

-- name: count_model_work --
SELECT json_object(
    'waiting', (SELECT count(*) FROM model_work WHERE given_up = 0),
    'given_up', (SELECT count(*) FROM model_work WHERE given_up = 1),
    'next_due', (SELECT min(due_at) FROM model_work WHERE given_up = 0),
    'problem', (SELECT problem FROM model_work WHERE problem IS NOT NULL
                ORDER BY due_at DESC LIMIT 1))

-- name: untagged --
SELECT json_group_array(id) FROM (
    SELECT m.id AS id FROM memory AS m JOIN version AS v ON v.key = m.version_key
    WHERE m.id > :after AND m.tier <> 'short' AND substr(m.namespace, 1, 1) <> '_'
      AND (m.expires_at IS NULL OR m.expires_at > :now)
      AND json_type(v.metadata, '$.auto_tags') IS NULL
    ORDER BY m.id LIMIT :limit)

-- name: lasting --
SELECT json_group_array(id) FROM (
    SELECT id FROM memory
    WHERE id > :after AND tier <> 'short' AND (expires_at IS NULL OR expires_at > :now)
    ORDER BY id LIMIT :limit)

-- name: drifting --
SELECT json_group_array(id) FROM (
    SELECT m.id AS id FROM memory AS m
    WHERE m.id > :after AND m.tier <> 'short' AND (m.expires_at IS NULL OR m.expires_at > :now)
      AND (m.access_count >= :used AND m.last_accessed_at >= :used_since
           OR m.access_count = 0 AND m.created_at <= :made_before)
      AND NOT EXISTS (SELECT 1 FROM curation AS c WHERE c.memory_id = m.id
                      AND c.action = 'priority' AND c.at > :rested_since)
    ORDER BY m.id LIMIT :limit)

-- name: put_curation --
INSERT INTO curation (id, run_id, action, memory_id, at, undo)
SELECT :row ->> 'id', :row ->> 'run_id', :row ->> 'action', :row ->> 'memory_id', :row ->> 'at',
       :row -> 'undo'

-- name: curations --
SELECT json_group_array(json(o)) FROM (
    SELECT json_object('id', id, 'run_id', run_id, 'action', action, 'memory_id', memory_id,
        'at', at, 'undo', json(undo), 'undone_at', undone_at) AS o
    FROM curation
    WHERE (:id IS NULL OR id = :id) AND (:run IS NULL OR run_id = :run)
    ORDER BY key DESC LIMIT :limit)

-- name: mark_undone --
UPDATE curation SET undone_at = :at WHERE id = :id

-- name: put_curator_run --
INSERT INTO curator_run (id, at, report) VALUES (:id, :at, :report)

-- name: drop_curator_runs --
DELETE FROM curator_run WHERE key <= (SELECT max(key) FROM curator_run) - :keep

-- name: curator_runs --
SELECT json_group_array(json(o)) FROM (
    SELECT json_object('id', id, 'at', at, 'report', json(report)) AS o
    FROM curator_run ORDER BY key DESC LIMIT :limit)

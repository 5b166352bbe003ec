-- What disagrees with what, as it is believed now: few links of many.
CREATE INDEX link_contradicting ON link (valid_from, created_at, source_id, target_id)
WHERE relation = 'contradicts' AND retracted_at IS NULL;
-- Few memories name the topic they are about.
CREATE INDEX version_by_topic ON version (metadata ->> '$.topic')
WHERE metadata ->> '$.topic' IS NOT NULL;

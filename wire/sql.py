"""The SQL of `wire.store`: one statement for each kind of row, however many there are."""

# What is known of the posts of one document
LOOK_UP = """
SELECT i.external_id, i.id AS pk, i.public_id, i.content_hash, i.revised_at,
       i.version_count, i.current_n, i.seen_at, i.source_time, i.standing, i.status,
       i.headline, i.text, i.language, i.repost_name, i.repost_url,
       CASE WHEN i.version_count = 1 THEN ARRAY[i.content_hash::text]
            ELSE ARRAY(SELECT v.content_hash::text FROM wire_version v
                        WHERE v.item_id = i.id) END AS hashes
  FROM wire_item i
 WHERE i.source_id = %s AND i.external_id = ANY(%s)"""

# The columns of `wire.store`, with their types, in one order for all statements.
_NAMES = (
    "external_id text, content_hash text, status text, kind text, headline text, "
    "text text, html text, url text, author text, language text, "
    "source_time timestamptz, revised_at timestamptz, repost_name text, "
    "repost_url text, reply_to text, media jsonb, embargo_until timestamptz, "
    "source_version text, place text"
)
_PAIRS = [pair.split() for pair in _NAMES.split(", ")]
_ARRAYS = ", ".join(f"%s::{kind}[]" for _, kind in _PAIRS)
_FIELDS = ", ".join(name for name, _ in _PAIRS)
_OF_VERSION = ", ".join(name for name, _ in _PAIRS if name != "external_id")
_OF_ITEM = (
    "external_id, content_hash, status, kind, headline, text, url, author, language, "
    "source_time, revised_at, repost_name, repost_url"
)

INSERT_ITEMS = f"""
WITH incoming AS (
  SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::bool[], %s::text[], {_ARRAYS})
      WITH ORDINALITY AS t(public_id, public_at, announced, row, {_FIELDS}, ord)),
made AS (
  INSERT INTO wire_item (source_id, seen_at, changed_at, standing, rendered_with,
                         version_count, current_n, public_id, public_at, announced, row,
                         {_OF_ITEM})
  SELECT %s, %s, %s, %s, %s, 1, 1, public_id, public_at, announced, row, {_OF_ITEM}
    FROM incoming ORDER BY ord
  RETURNING id, external_id),
versions AS (
  INSERT INTO wire_version (item_id, n, seen_at, blob, {_OF_VERSION})
  SELECT made.id, 1, %s, %s, {_OF_VERSION}
    FROM made JOIN incoming USING (external_id) ORDER BY ord
  RETURNING id, item_id),
told AS (
  INSERT INTO wire_event (item_id, version_id, kind, at, note)
  SELECT item_id, id, 'new', %s, '' FROM versions ORDER BY id)
SELECT external_id, id FROM made"""  # noqa: S608 - constants of this module only

INSERT_VERSIONS = f"""
WITH incoming AS (
  SELECT * FROM unnest(%s::bigint[], %s::int[], %s::bool[], {_ARRAYS})
      WITH ORDINALITY AS t(item_id, n, is_current, {_FIELDS}, ord)),
versions AS (
  INSERT INTO wire_version (item_id, n, seen_at, blob, {_OF_VERSION})
  SELECT item_id, n, %s, %s, {_OF_VERSION} FROM incoming ORDER BY ord
  RETURNING id, item_id, n, status)
INSERT INTO wire_event (item_id, version_id, kind, at, note)
SELECT v.item_id, v.id,
       CASE WHEN i.is_current AND i.embargo_until > %s THEN 'held'
            WHEN v.status = 'usable' THEN 'changed' ELSE 'withdrawn' END, %s,
       CASE WHEN i.is_current THEN '' ELSE 'older than the current version' END
  FROM versions v JOIN incoming i ON i.item_id = v.item_id AND i.n = v.n
 ORDER BY v.id"""  # noqa: S608 - constants of this module only

UPDATE_ITEMS = """
UPDATE wire_item i
   SET current_n = t.n, headline = t.headline, text = t.text,
       source_time = t.source_time, row = t.row, rendered_with = %s, changed_at = %s,
       content_hash = v.content_hash, status = v.status, kind = v.kind, url = v.url,
       author = v.author, language = v.language, revised_at = v.revised_at,
       repost_name = v.repost_name, repost_url = v.repost_url,
       public_at = CASE WHEN i.public_at < v.embargo_until AND v.embargo_until > %s
                        THEN v.embargo_until ELSE i.public_at END,
       announced = i.announced AND (v.embargo_until <= %s) IS NOT FALSE
  FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::text[], %s::timestamptz[],
              %s::text[]) AS t(item_id, n, headline, text, source_time, row)
  JOIN wire_version v ON v.item_id = t.item_id AND v.n = t.n
 WHERE i.id = t.item_id"""

COUNT_VERSIONS = """
UPDATE wire_item SET version_count = t.count
  FROM unnest(%s::bigint[], %s::int[]) AS t(item_id, count) WHERE id = t.item_id"""

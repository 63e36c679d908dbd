"""The SQL of `wire.store`: one statement for each kind of row, however many there are."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any, get_type_hints

from wire.normalise import Ready

# What is known of the posts of one document; the names are those of `store.Known`
LOOK_UP = """
SELECT i.external_id, i.id AS pk, i.public_id, i.revised_at, i.version_count,
       i.seen_at, i.source_time, i.standing, i.headline, i.text,
       i.hash_form || ':' || i.content_hash AS signature,
       CASE WHEN i.version_count = 1 THEN ARRAY[i.hash_form || ':' || i.content_hash]
            ELSE ARRAY(SELECT v.hash_form || ':' || v.content_hash FROM wire_version v
                        WHERE v.item_id = i.id) END AS signatures
  FROM wire_item i
 WHERE i.source_id = %s AND i.external_id = ANY(%s)"""

# The columns of posts, with their types, in one order for all statements: as `Ready` has
# them. Constants of that class alone get into the SQL below.
_SQL_TYPES: dict[object, str] = {
    str: "text",
    int: "smallint",
    datetime | None: "timestamptz",
    list[dict[str, Any]]: "jsonb",
}
_TYPES = get_type_hints(Ready)


def _stored(where: str, *, default: bool = False) -> tuple[str, ...]:
    """Return the fields of `Ready` whose metadata say `where`."""
    return tuple(
        column.name for column in fields(Ready) if column.metadata.get(where, default)
    )


OF_VERSION = _stored("version", default=True)
OF_ITEM = _stored("item")
KEPT = _stored("kept")  # of the item; a deletion without words leaves them
REPEATED = tuple(n for n in OF_ITEM if n in OF_VERSION and n not in KEPT)
COLUMNS = {
    column.name: _SQL_TYPES[_TYPES[column.name]]
    for column in fields(Ready)
    if column.name in {*OF_VERSION, *OF_ITEM}
}
_ARRAYS = ", ".join(f"%s::{kind}[]" for kind in COLUMNS.values())
_FIELDS = ", ".join(COLUMNS)
_OF_VERSION = ", ".join(OF_VERSION)
_OF_ITEM = ", ".join(OF_ITEM)

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

_KEPT = ", ".join(KEPT)
_KEPT_ARRAYS = ", ".join(f"%s::{COLUMNS[name]}[]" for name in KEPT)
UPDATE_ITEMS = f"""
UPDATE wire_item i
   SET current_n = t.n, row = t.row, rendered_with = %s, changed_at = %s,
       {", ".join(f"{name} = t.{name}" for name in KEPT)},
       {", ".join(f"{name} = v.{name}" for name in REPEATED)},
       public_at = CASE WHEN i.public_at < v.embargo_until AND v.embargo_until > %s
                        THEN v.embargo_until ELSE i.public_at END,
       announced = i.announced AND (v.embargo_until <= %s) IS NOT FALSE
  FROM unnest(%s::bigint[], %s::int[], %s::text[], {_KEPT_ARRAYS})
       AS t(item_id, n, row, {_KEPT})
  JOIN wire_version v ON v.item_id = t.item_id AND v.n = t.n
 WHERE i.id = t.item_id"""  # noqa: S608 - constants of this module only

COUNT_VERSIONS = """
UPDATE wire_item SET version_count = t.count
  FROM unnest(%s::bigint[], %s::int[]) AS t(item_id, count) WHERE id = t.item_id"""

"""The database's rule of which statuses follow one another, for migrations to install.

A migration that changes the pairs is one line, with the pairs written out in it: what an
old migration does must not change with the table of today.

    migrations.RunSQL(rule(NEW_PAIRS), rule(OLD_PAIRS))

A change of anything else in the rule is a parameter with today's text as its default, so
that the migrations before it still install what they installed.
"""

from collections.abc import Iterable
from itertools import groupby

_TEMPLATE = """
CREATE OR REPLACE FUNCTION articles_status_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'draft' THEN
            RAISE EXCEPTION 'an article starts as a draft, not as %', NEW.status
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.status, NEW.status) NOT IN (
{pairs}
    ) THEN
        RAISE EXCEPTION 'no move leads from % to %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.status = 'live' AND NEW.status = 'ready' AND {seen} THEN
        RAISE EXCEPTION 'what has been announced cannot go back to ready'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""

#: That readers have seen an article: the ledger says it, whatever became of it since.
SEEN = """(OLD.announced_at IS NOT NULL OR EXISTS (
        SELECT 1 FROM articles_change c
         WHERE c.article_id = OLD.id AND c.kind = 'published'))"""


def rule(pairs: Iterable[tuple[str, str]], *, seen: str = SEEN) -> str:
    """Return SQL that lets through the changes of status in `pairs`, (from, to), alone.

    `seen` is the SQL condition under which nothing goes from live back to ready.
    """
    lines = [
        "        " + ", ".join(f"('{source}', '{target}')" for source, target in group)
        for _, group in groupby(pairs, key=lambda pair: pair[0])
    ]
    return _TEMPLATE.format(pairs=",\n".join(lines), seen=seen)

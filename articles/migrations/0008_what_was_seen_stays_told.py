"""What readers have seen never goes back to ready: the ledger says what they have seen.

`announced_at` does not: it is emptied when an embargo takes a public story back.
"""

from django.db import migrations

RULE = """
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
        ('draft', 'in_edit'), ('draft', 'killed'),
        ('in_edit', 'draft'), ('in_edit', 'ready'), ('in_edit', 'killed'),
        ('ready', 'draft'), ('ready', 'live'), ('ready', 'killed'),
        ('live', 'ready'), ('live', 'killed')
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
BEFORE = "OLD.announced_at IS NOT NULL"
SEEN = """(OLD.announced_at IS NOT NULL OR EXISTS (
        SELECT 1 FROM articles_change c
         WHERE c.article_id = OLD.id AND c.kind = 'published'))"""


class Migration(migrations.Migration):
    dependencies = [("articles", "0007_open_questions")]

    operations = [
        migrations.RunSQL(RULE.format(seen=SEEN), RULE.format(seen=BEFORE)),
    ]

"""Whoever writes to the ledger of articles holds its lock to the end of the transaction.

The trigger runs before the statement draws a number for any row, so the order of the ids
is the order of the commits. The lock's key is `LOCK` of `articles/models/change.py`.
"""

from django.db import migrations

TAKE_LOCK = """
CREATE FUNCTION articles_ledger_lock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(119182731994482);
    RETURN NULL;
END $$;

CREATE TRIGGER articles_change_lock BEFORE INSERT ON articles_change
    FOR EACH STATEMENT EXECUTE FUNCTION articles_ledger_lock();
"""


class Migration(migrations.Migration):
    dependencies = [("articles", "0022_count_failures")]

    operations = [
        migrations.RunSQL(TAKE_LOCK, "DROP FUNCTION articles_ledger_lock CASCADE"),
    ]

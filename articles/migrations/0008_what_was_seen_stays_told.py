"""What readers have seen never goes back to ready: the ledger says what they have seen.

`announced_at` does not: it is emptied when an embargo takes a public story back.
"""

from django.db import migrations

from articles.migrations._status_rule import rule

PAIRS = [
    *(("draft", "in_edit"), ("draft", "killed")),
    *(("in_edit", "draft"), ("in_edit", "ready"), ("in_edit", "killed")),
    *(("ready", "draft"), ("ready", "live"), ("ready", "killed")),
    *(("live", "ready"), ("live", "killed")),
]
BEFORE = "OLD.announced_at IS NOT NULL"


class Migration(migrations.Migration):
    dependencies = [("articles", "0007_open_questions")]

    operations = [
        migrations.RunSQL(rule(PAIRS), rule(PAIRS, seen=BEFORE)),
    ]

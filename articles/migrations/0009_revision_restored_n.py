"""A restored text knows which revision it repeats: its writers come along with it."""

from django.db import migrations, models

# The number stood in the note alone until now; the table is append-only, so its trigger
# rests while it is copied.
COPY = r"""
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE articles_revision DISABLE TRIGGER articles_revision_append_only;
UPDATE articles_revision
   SET restored_n = substring(note FROM '^Restored from revision (\d{1,9})$')::integer
 WHERE kind = 'restored';
ALTER TABLE articles_revision ENABLE TRIGGER articles_revision_append_only;
"""


class Migration(migrations.Migration):
    dependencies = [("articles", "0008_what_was_seen_stays_told")]

    operations = [
        migrations.AddField(
            model_name="revision",
            name="restored_n",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.RunSQL(COPY, migrations.RunSQL.noop),
    ]

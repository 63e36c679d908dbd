"""Tries of pictures so far were tries that failed, but for the one under way."""

from django.db import migrations

COUNT = """
    UPDATE articles_image
       SET failures = greatest(attempts - (lease_token IS NOT NULL)::int, 0)
     WHERE due_at IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("articles", "0021_image_leased_work")]

    operations = [
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
    ]

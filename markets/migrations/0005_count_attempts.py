"""Count the tries of feeds so far; one under way is a crash only if it never ends."""

from django.db import migrations

COUNT = """
    UPDATE markets_feed SET attempts = failures + crashes,
                   crashes = greatest(crashes - (lease_token IS NOT NULL)::int, 0)
"""


class Migration(migrations.Migration):
    dependencies = [("markets", "0004_feed_crashes")]

    operations = [
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
    ]

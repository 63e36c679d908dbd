"""Count the tries of sources so far; one under way is a crash only if it never ends."""

from django.db import migrations

COUNT = """
    UPDATE wire_source SET attempts = failures + crashes,
                   crashes = greatest(crashes - (lease_token IS NOT NULL)::int, 0)
"""


class Migration(migrations.Migration):
    dependencies = [("wire", "0013_source_crashes")]

    operations = [
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
    ]

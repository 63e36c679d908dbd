"""Name what was counted: tries of a feed that never came back; count all tries too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("markets", "0003_quote_rendered_with")]

    operations = [
        migrations.RenameField("feed", "attempts", "crashes"),
        migrations.AddField(
            "feed",
            "attempts",
            models.PositiveIntegerField(
                default=0,
                editable=False,
                help_text="Tries begun since the last that succeeded.",
            ),
        ),
        migrations.AlterField(
            "feed",
            "crashes",
            models.PositiveIntegerField(
                default=0,
                editable=False,
                help_text="Tries that never came back, in a row.",
            ),
        ),
        migrations.AlterField(
            "feed",
            "failures",
            models.PositiveIntegerField(
                default=0, editable=False, help_text="Tries that failed, in a row."
            ),
        ),
        migrations.AlterField(
            "feed", "lease_until", models.DateTimeField(null=True, editable=False)
        ),
        migrations.AlterField(
            "feed", "last_attempt_at", models.DateTimeField(null=True, editable=False)
        ),
        migrations.AlterField(
            "feed", "last_success_at", models.DateTimeField(null=True, editable=False)
        ),
        migrations.AlterField(
            "feed", "lease_token", models.UUIDField(null=True, editable=False)
        ),
        migrations.AlterField(
            "feed", "last_error", models.TextField(blank=True, editable=False)
        ),
        migrations.AlterField(
            "feed",
            "due_at",
            models.DateTimeField(db_default=models.functions.Now(), db_index=True),
        ),
    ]

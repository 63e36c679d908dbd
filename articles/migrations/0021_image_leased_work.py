"""Give pictures the columns that all leased work has; crashes of the decoder get its name."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("articles", "0020_article_published_and_updated")]

    operations = [
        migrations.RenameField("image", "crashes", "decoder_crashes"),
        migrations.RenameField("image", "error", "last_error"),
        migrations.AddField(
            "image",
            "crashes",
            models.PositiveIntegerField(
                default=0,
                editable=False,
                help_text="Tries that never came back, in a row.",
            ),
        ),
        migrations.AddField(
            "image",
            "failures",
            models.PositiveIntegerField(
                default=0, editable=False, help_text="Tries that failed, in a row."
            ),
        ),
        migrations.AlterField(
            "image",
            "attempts",
            models.PositiveIntegerField(
                default=0,
                editable=False,
                help_text="Tries begun since the last that succeeded.",
            ),
        ),
        migrations.AddField(
            "image", "last_attempt_at", models.DateTimeField(null=True, editable=False)
        ),
        migrations.AddField(
            "image", "last_success_at", models.DateTimeField(null=True, editable=False)
        ),
        migrations.AlterField(
            "image",
            "due_at",
            models.DateTimeField(null=True, db_index=True, editable=False),
        ),
    ]

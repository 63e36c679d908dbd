"""Name what was counted: tries of a source that never came back; count all tries too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("wire", "0012_hash_form")]

    operations = [
        migrations.RenameField("source", "attempts", "crashes"),
        migrations.AddField(
            "source",
            "attempts",
            models.PositiveIntegerField(
                default=0,
                editable=False,
                help_text="Tries begun since the last that succeeded.",
            ),
        ),
        migrations.AlterField(
            "source",
            "crashes",
            models.PositiveIntegerField(
                default=0,
                editable=False,
                help_text="Tries that never came back, in a row.",
            ),
        ),
        migrations.AlterField(
            "source",
            "failures",
            models.PositiveIntegerField(
                default=0, editable=False, help_text="Tries that failed, in a row."
            ),
        ),
    ]

"""Let the list of providers stand in the code alone: a new one needs no migration."""

from django.db import migrations, models

from markets import providers


class Migration(migrations.Migration):
    dependencies = [("markets", "0005_count_attempts")]

    operations = [
        migrations.AlterField(
            "feed",
            "provider",
            models.CharField(
                max_length=16,
                choices=providers.choices,
                help_text="The reader of its answers.",
            ),
        ),
        migrations.AlterField(
            "instrument",
            "provider",
            models.CharField(max_length=16, blank=True, choices=providers.choices),
        ),
    ]

"""Two notes on a kill: one for the house, one for readers.

What was typed before, when there was one, becomes the house's; readers of those stories
are told the paper's own neutral sentence.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("articles", "0009_revision_restored_n")]

    operations = [
        migrations.AddField(
            model_name="move",
            name="public_note",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
    ]

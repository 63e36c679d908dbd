"""Count what a picture's pixels ended apart from what the world did."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("articles", "0012_alteration")]

    operations = [
        migrations.AddField(
            model_name="image",
            name="crashes",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.AlterField(
            model_name="image",
            name="attempts",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
    ]

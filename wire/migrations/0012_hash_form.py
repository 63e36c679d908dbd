"""A version knows in which form its content was hashed. No row is rewritten.

What is stored so far was hashed in the first form.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("wire", "0011_item_rendered_with_index")]

    operations = [
        migrations.AddField(
            model_name="item",
            name="hash_form",
            field=models.PositiveSmallIntegerField(db_default=1),
        ),
        migrations.AddField(
            model_name="version",
            name="hash_form",
            field=models.PositiveSmallIntegerField(db_default=1),
        ),
    ]

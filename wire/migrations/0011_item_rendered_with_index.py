"""Rows on the rail that are to be rendered again are found by an index.

Built beside writers, who wait for nothing.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("wire", "0010_item_rendered_with")]

    operations = [
        AddIndexConcurrently(
            model_name="item",
            index=models.Index(
                fields=["rendered_with", "id"], name="item_rendered_with"
            ),
        ),
    ]

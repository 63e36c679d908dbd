from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """What one source sent and readers may see, without walking the whole rail."""

    atomic = False  # built beside the writers of a large wire, not in their way

    dependencies = [("wire", "0004_publisher_aliases")]

    operations = [
        AddIndexConcurrently(
            model_name="item",
            index=models.Index(
                condition=models.Q(("public_at__isnull", False)),
                fields=["source", "-public_at", "-id"],
                name="item_rail_by_source",
            ),
        ),
    ]

"""What partners ask for by its time is found by an index."""

import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("articles", "0019_article_document_parts")]

    operations = [
        migrations.AddIndex(
            model_name="article",
            index=models.Index(
                condition=models.Q(("status", "live")),
                fields=["first_published_at"],
                name="article_published",
            ),
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(
                django.db.models.functions.comparison.Greatest(
                    "updated_at", "first_published_at"
                ),
                condition=models.Q(("status", "live")),
                name="article_updated",
            ),
        ),
    ]

"""Revisions and links of the ledger know in which form they were hashed.

What is stored so far was hashed in the first form. No row is rewritten, so that the
append-only triggers have nothing to refuse.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("articles", "0017_article_public_pictures")]

    operations = [
        migrations.AddField(
            model_name="change",
            name="hash_form",
            field=models.PositiveSmallIntegerField(db_default=1),
        ),
        migrations.AddField(
            model_name="revision",
            name="hash_form",
            field=models.PositiveSmallIntegerField(db_default=1),
        ),
    ]

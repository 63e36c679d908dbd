"""Which texts hold a picture is known by an index, not by reading them all."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

FILL = """
UPDATE articles_article a
   SET public_pictures = found.names
  FROM (SELECT r.id, array_agg(DISTINCT m[1]::uuid) AS names
          FROM articles_revision r
         CROSS JOIN LATERAL regexp_matches(
               r.body, '<img [^>]*?src="/media/([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})/', 'g') AS m
         GROUP BY r.id) AS found
 WHERE found.id = a.live_revision_id
"""


class Migration(migrations.Migration):
    dependencies = [("articles", "0016_portrait_is_a_kept_picture")]

    operations = [
        migrations.AddField(
            model_name="article",
            name="public_pictures",
            field=ArrayField(
                base_field=models.UUIDField(),
                blank=True,
                default=list,
                editable=False,
                size=None,
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="article",
            index=GinIndex(
                condition=models.Q(status="live"),
                fields=["public_pictures"],
                name="article_public_pictures",
            ),
        ),
    ]

"""Authors' pages and lists show what the public text says of who wrote it."""

from django.db import migrations, models

FILL = """
INSERT INTO articles_article_public_authors (article_id, author_id)
SELECT DISTINCT a.id, w.id
  FROM articles_article a
  JOIN articles_revision r ON r.id = a.live_revision_id
 CROSS JOIN LATERAL jsonb_array_elements(r.bylines) AS line
  JOIN articles_author w ON w.slug = line ->> 'slug'
"""


class Migration(migrations.Migration):
    dependencies = [("articles", "0010_move_public_note")]

    operations = [
        migrations.AddField(
            model_name="article",
            name="public_authors",
            field=models.ManyToManyField(
                editable=False, related_name="public_articles", to="articles.author"
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]

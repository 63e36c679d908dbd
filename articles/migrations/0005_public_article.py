"""The visibility rule as a view: all that a public role may ever be given."""

from django.db import migrations

# statement_timestamp(), as `Article.objects.live()`: now() is the transaction's start
VIEW = """
CREATE VIEW public_article WITH (security_barrier) AS
SELECT a.public_id, s.slug AS section, a.published_on, a.slug, a.kind,
       r.n AS revision, r.headline, r.standfirst, r.body, r.framing, r.bylines,
       a.public_at, a.first_published_at, a.updated_at, a.page, a.document
  FROM articles_article a
  JOIN articles_section s ON s.id = a.section_id
  JOIN articles_revision r ON r.id = a.live_revision_id
 WHERE a.status = 'live'
   AND a.killed_at IS NULL
   AND a.publish_at <= statement_timestamp()
   AND (a.embargo_until IS NULL OR a.embargo_until <= statement_timestamp())
   AND (a.inherited_embargo_until IS NULL
        OR a.inherited_embargo_until <= statement_timestamp());
"""


class Migration(migrations.Migration):
    dependencies = [("articles", "0004_rules_in_the_database")]

    operations = [migrations.RunSQL(VIEW, "DROP VIEW public_article")]

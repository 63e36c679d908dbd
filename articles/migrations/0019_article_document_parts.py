"""An article's bodies stand apart from the rest of its JSON: lists do without them."""

import django.db.models.functions.text
from django.db import migrations, models

import foundation.fields

SPLIT = """
UPDATE articles_article
   SET document_html = coalesce((document::jsonb -> 'body_html')::text, '""'),
       document_text = coalesce((document::jsonb -> 'body_text')::text, '""'),
       document = (document::jsonb - 'body_html' - 'body_text')::text
 WHERE document <> ''
"""
JOIN = """
UPDATE articles_article
   SET document = (document::jsonb || jsonb_build_object(
       'body_html', document_html::jsonb, 'body_text', document_text::jsonb))::text
 WHERE document <> ''
"""
CHANGED = """
CREATE FUNCTION articles_document_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.document, NEW.document_html, NEW.document_text)
       IS DISTINCT FROM (OLD.document, OLD.document_html, OLD.document_text) THEN
        NEW.document_at := clock_timestamp();
    ELSE
        NEW.document_at := OLD.document_at;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER articles_document_changed BEFORE UPDATE ON articles_article
    FOR EACH ROW EXECUTE FUNCTION articles_document_at();
"""


class Migration(migrations.Migration):
    dependencies = [("articles", "0018_hash_form")]

    operations = [
        migrations.AddField(
            model_name="article",
            name="document_html",
            field=models.TextField(blank=True, default="", editable=False),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="article",
            name="document_text",
            field=models.TextField(blank=True, default="", editable=False),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="article",
            name="document_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunSQL(SPLIT, JOIN),
        migrations.AddField(
            model_name="article",
            name="document_hash",
            field=foundation.fields.Computed(
                db_persist=True,
                expression=django.db.models.functions.text.MD5(
                    django.db.models.functions.text.Concat(
                        "document", "document_html", "document_text"
                    )
                ),
                output_field=models.CharField(max_length=32),
            ),
        ),
        migrations.RunSQL(CHANGED, "DROP FUNCTION articles_document_at CASCADE"),
    ]

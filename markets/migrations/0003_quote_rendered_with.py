"""A price's chips know what they were rendered with. No row is rewritten."""

from django.db import migrations

from foundation.stored_html import StampField


class Migration(migrations.Migration):
    dependencies = [("markets", "0002_codes_are_judged")]

    operations = [
        migrations.AddField(
            model_name="quote",
            name="rendered_with",
            field=StampField(),
        ),
    ]

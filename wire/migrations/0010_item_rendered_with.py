"""A row on the rail knows what it was rendered with.

The default is constant and the database's own: no row is rewritten, however many there are.
"""

from django.db import migrations

from foundation.stored_html import StampField


class Migration(migrations.Migration):
    dependencies = [("wire", "0009_gaps")]

    operations = [
        migrations.AddField(
            model_name="item",
            name="rendered_with",
            field=StampField(),
        ),
    ]

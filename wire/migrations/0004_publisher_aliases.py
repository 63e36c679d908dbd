from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("wire", "0003_source_due_at_once")]

    operations = [
        migrations.AddField(
            model_name="publisher",
            name="aliases",
            field=models.TextField(
                blank=True,
                default="",
                help_text="Other names they go by in our copy, one a line, such as AFP. The checks know them by these.",
            ),
            preserve_default=False,
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("wire", "0008_codes_are_judged")]

    operations = [
        migrations.AddField(
            model_name="source",
            name="gap",
            field=models.TextField(
                blank=True,
                default="",
                editable=False,
                help_text="Which posts could not be had, and why.",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="source",
            name="gap_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]

from django.db import migrations, models
from django.db.models.functions import Lower

from foundation.fields import Computed


class Migration(migrations.Migration):
    dependencies = [("wire", "0006_reading")]

    operations = [
        migrations.CreateModel(
            name="Host",
            fields=[
                ("name", models.TextField(primary_key=True, serialize=False)),
                ("silences", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="source",
            name="host",
            field=Computed(
                db_persist=True,
                expression=Lower(
                    models.Func(
                        models.F("url"),
                        models.Value("//(?:[^/?#]*@)?([^/?#]*)"),
                        function="substring",
                    )
                ),
                output_field=models.TextField(),
            ),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reader_studies", "0006_packages"),
    ]

    operations = [
        migrations.AddField(
            model_name="readerstudy",
            name="sample_size",
            field=models.JSONField(blank=True, default=dict),
        ),
    ]

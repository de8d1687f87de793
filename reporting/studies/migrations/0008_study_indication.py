"""Why a study was asked for, in the words of the request that its images carry."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("studies", "0007_receptions")]

    operations = [
        migrations.AddField(model_name="study", name="indication", field=models.TextField(blank=True, default="")),
    ]

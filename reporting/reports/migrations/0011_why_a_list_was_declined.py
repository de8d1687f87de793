from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0010_export_as_hl7")]

    operations = [
        migrations.AddField(
            model_name="criticallist",
            name="closing_reason",
            field=models.CharField(blank=True, max_length=500),
        ),
    ]

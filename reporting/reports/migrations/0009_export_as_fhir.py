from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0008_marks_for_training")]

    operations = [
        migrations.AlterField(
            model_name="reportexport",
            name="export_format",
            field=models.CharField(
                choices=[("pdf", "PDF"), ("text", "Plain text"), ("json", "JSON"), ("fhir", "FHIR R4")], max_length=8
            ),
        ),
    ]

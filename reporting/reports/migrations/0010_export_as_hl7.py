from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0009_export_as_fhir")]

    operations = [
        migrations.AlterField(
            model_name="reportexport",
            name="export_format",
            field=models.CharField(
                choices=[
                    ("pdf", "PDF"),
                    ("text", "Plain text"),
                    ("json", "JSON"),
                    ("fhir", "FHIR R4"),
                    ("hl7", "HL7 v2"),
                ],
                max_length=8,
            ),
        ),
    ]

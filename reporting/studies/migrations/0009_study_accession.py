"""Studies are asked for by accession number (QIDO-RS)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("studies", "0008_study_indication")]

    operations = [
        migrations.AddIndex("study", models.Index(fields=["accession_number"], name="study_accession")),
    ]

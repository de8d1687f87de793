"""Studies are asked for by accession number and by day (QIDO-RS)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("studies", "0008_study_indication")]

    operations = [
        migrations.AddIndex("study", models.Index(fields=["accession_number"], name="study_accession")),
        migrations.AddIndex("study", models.Index(fields=["study_date"], name="study_day")),
    ]

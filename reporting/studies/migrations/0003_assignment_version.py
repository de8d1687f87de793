"""A study counts its assignments, so that two people who assign it at once do not undo each other."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("studies", "0002_header_and_completeness")]

    operations = [
        migrations.AddField(
            model_name="study", name="assignment_version", field=models.PositiveIntegerField(default=1)
        ),
    ]

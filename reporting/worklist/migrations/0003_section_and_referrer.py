"""A junior's list is of one section: with one referring unit it is read off this index."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("worklist", "0002_kept_by_the_database")]

    operations = [
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(
                fields=["section", "referring_unit", "received_at", "study"], name="entry_by_section_referrer"
            ),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("department_audit", "0006_summaries_by_group"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="signedread",
            name="read_by_month",
        ),
        migrations.RemoveIndex(
            model_name="signedread",
            name="read_by_time",
        ),
        migrations.AddIndex(
            model_name="fact",
            index=models.Index(
                condition=models.Q(
                    ("comparison", "class"),
                    ("outcome__in", ["changed", "rejected", "added", "not_evaluable", "undecided"]),
                ),
                fields=["outcome", "finding", "read"],
                name="fact_with_rare_outcome",
            ),
        ),
        migrations.AddIndex(
            model_name="signedread",
            index=models.Index(
                fields=["-signed_at", "version"],
                include=(
                    "standing",
                    "month",
                    "vendor",
                    "age_band",
                    "sex",
                    "reader_group",
                    "protocol",
                    "field_strength",
                    "algorithm",
                ),
                name="read_by_time",
            ),
        ),
        migrations.AddIndex(
            model_name="signedread",
            index=models.Index(
                condition=models.Q(("standing", "current")),
                fields=[
                    "month",
                    "vendor",
                    "age_band",
                    "sex",
                    "reader_group",
                    "protocol",
                    "field_strength",
                    "algorithm",
                    "version",
                ],
                name="read_by_group",
            ),
        ),
    ]

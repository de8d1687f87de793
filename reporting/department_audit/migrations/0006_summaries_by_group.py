# Summaries are made of the facts: the worker counts them when it finds none (``intake``).

import django.db.models.deletion
from django.db import migrations, models

GROUP = ("month", "algorithm", "vendor", "field_strength", "sex", "age_band", "protocol", "reader_group")


class Migration(migrations.Migration):
    dependencies = [
        ("department_audit", "0005_found_by_cell"),
    ]

    operations = [
        migrations.DeleteModel(name="SummaryCell"),
        migrations.CreateModel(
            name="SummaryGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.PositiveIntegerField()),
                ("algorithm", models.CharField(max_length=97)),
                ("vendor", models.CharField(max_length=16)),
                ("field_strength", models.CharField(max_length=8)),
                ("sex", models.CharField(max_length=8)),
                ("age_band", models.CharField(max_length=8)),
                ("protocol", models.CharField(max_length=8)),
                ("reader_group", models.CharField(max_length=16)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=GROUP, name="one_summary_group_of_a_kind")],
            },
        ),
        migrations.CreateModel(
            name="SummaryPlace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("finding", models.CharField(blank=True, max_length=16)),
                ("level", models.CharField(blank=True, max_length=24)),
                ("side", models.CharField(blank=True, max_length=8)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("finding", "level", "side"), name="one_summary_place_of_a_kind")
                ],
            },
        ),
        migrations.CreateModel(
            name="SummaryCell",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "kind", "truth", "sheet", "group", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=16)),
                ("truth", models.CharField(max_length=16)),
                ("sheet", models.CharField(max_length=64)),
                ("places", models.BinaryField()),
                ("sums", models.BinaryField()),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="department_audit.summarygroup",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SummaryRepeat",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "kind",
                        "truth",
                        "place",
                        "bucket",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("kind", models.CharField(max_length=16)),
                ("truth", models.CharField(max_length=16)),
                ("bucket", models.PositiveSmallIntegerField()),
                ("patients", models.BinaryField()),
                ("groups", models.BinaryField()),
                ("counts", models.BinaryField()),
                (
                    "place",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="department_audit.summaryplace",
                    ),
                ),
            ],
        ),
        # The constraint that makes a place unique begins with the read and finds its facts as well.
        migrations.AlterField(
            model_name="fact",
            name="read",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="facts",
                to="department_audit.signedread",
            ),
        ),
    ]

"""Marks drawn on images for training, and what was decided about each; rows that the database refuses to change."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from reporting.core.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("predictions", "0008_thresholds_of_the_department"),
        ("reports", "0007_comments_resolved"),
        ("studies", "0006_study_share_ended"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Correction",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("level_map_version", models.PositiveIntegerField()),
                ("frame", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("vertebra_point", "Vertebra point"),
                            ("ligament_point", "Ligament point"),
                            ("contour", "Contour"),
                            ("disc_slice", "Disc slice"),
                        ],
                        max_length=16,
                    ),
                ),
                ("structure", models.CharField(max_length=8)),
                ("level", models.CharField(blank=True, max_length=8)),
                ("side", models.CharField(blank=True, max_length=8)),
                ("says", models.CharField(blank=True, max_length=16)),
                ("points", models.JSONField(default=list)),
                ("points_lps_mm", models.JSONField(default=list)),
                ("frame_of_reference_uid", models.CharField(blank=True, max_length=64)),
                ("diameter_px", models.PositiveSmallIntegerField(null=True)),
                (
                    "origin",
                    models.CharField(
                        choices=[("drawn", "drawn"), ("machine", "taken from the machine as it is")],
                        default="drawn",
                        max_length=8,
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "instance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="studies.sopinstance"
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="predictions.inferencejob",
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="reports.correction",
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="corrections", to="reports.report"
                    ),
                ),
                (
                    "study",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="corrections", to="studies.study"
                    ),
                ),
            ],
            options={
                "ordering": ["created_at"],
            },
        ),
        migrations.CreateModel(
            name="CorrectionDecision",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("number", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "waits for review"),
                            ("accepted", "accepted"),
                            ("rejected", "sent back"),
                            ("retracted", "taken back"),
                            ("amended", "replaced by another"),
                        ],
                        max_length=16,
                    ),
                ),
                ("comment", models.CharField(blank=True, max_length=500)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "correction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="decisions", to="reports.correction"
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
            },
        ),
        migrations.AddIndex(
            model_name="correction",
            index=models.Index(fields=["study", "created_at"], name="marks_of_a_study"),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["vertebra_point", "ligament_point", "contour", "disc_slice"])),
                name="mark_kind_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.CheckConstraint(
                condition=models.Q(("origin", "drawn"), ("job__isnull", False), _connector="OR"),
                name="machine_mark_names_its_job",
            ),
        ),
        migrations.AddConstraint(
            model_name="correctiondecision",
            constraint=models.UniqueConstraint(fields=("correction", "number"), name="mark_decisions_are_numbered"),
        ),
        migrations.AddConstraint(
            model_name="correctiondecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "rejected"), _negated=True),
                    models.Q(("comment", ""), _negated=True),
                    _connector="OR",
                ),
                name="rejected_mark_says_why",
            ),
        ),
        append_only("reports_correction"),
        append_only("reports_correctiondecision"),
    ]

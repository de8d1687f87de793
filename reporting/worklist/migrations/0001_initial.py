"""Entries, saved views, and who reads suspected studies first."""

import uuid

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_idempotent_request"),
        ("studies", "0002_header_and_completeness"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # For the index of words; PostgreSQL lets the owner of a database install it.
        migrations.RunSQL(sql="CREATE EXTENSION IF NOT EXISTS pg_trgm;", reverse_sql=migrations.RunSQL.noop),
        migrations.CreateModel(
            name="WorklistOrder",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("suspicion_first", models.BooleanField(default=False)),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name="WorklistEntry",
            fields=[
                (
                    "study",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="worklist_entry",
                        serialize=False,
                        to="studies.study",
                    ),
                ),
                ("received_at", models.DateTimeField()),
                ("study_date", models.DateField(null=True)),
                ("section", models.CharField(max_length=64)),
                ("referring_unit", models.CharField(max_length=128)),
                ("report_status", models.CharField(max_length=16)),
                (
                    "machine_state",
                    models.CharField(
                        choices=[
                            ("none", "Not requested"),
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("analysed", "Analysed"),
                            ("partial", "Some values withheld"),
                            ("withheld", "Values withheld"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "suspicion",
                    models.SmallIntegerField(
                        choices=[
                            (0, "nothing suspected"),
                            (1, "other finding suspected"),
                            (2, "not read by the machine"),
                            (3, "herniation or slip suspected"),
                        ]
                    ),
                ),
                ("is_open", models.BooleanField()),
                ("search_text", models.TextField()),
                ("changed_at", models.DateTimeField()),
                (
                    "assigned_to",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "report_author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "worklist entries",
                "indexes": [
                    models.Index(fields=["received_at", "study"], name="entry_by_time"),
                    models.Index(
                        condition=models.Q(("is_open", True)),
                        fields=["received_at", "study"],
                        name="entry_to_do_by_time",
                    ),
                    models.Index(
                        condition=models.Q(("is_open", True)),
                        fields=["suspicion", "received_at", "study"],
                        name="entry_to_do_by_suspicion",
                    ),
                    models.Index(fields=["report_status", "received_at", "study"], name="entry_by_report"),
                    models.Index(fields=["machine_state", "received_at", "study"], name="entry_by_machine"),
                    models.Index(fields=["assigned_to", "received_at", "study"], name="entry_by_assignment"),
                    models.Index(fields=["report_author", "received_at", "study"], name="entry_by_author"),
                    models.Index(fields=["section", "received_at", "study"], name="entry_by_section"),
                    models.Index(fields=["referring_unit", "received_at", "study"], name="entry_by_referrer"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["search_text"], name="entry_by_words", opclasses=["gin_trgm_ops"]
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WorklistView",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("name", models.CharField(max_length=48, verbose_name="name")),
                ("query", models.CharField(blank=True, max_length=400)),
                ("is_default", models.BooleanField(default=False)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="worklist_views",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("owner", "name"),
                        name="view_name_is_used_once",
                        violation_error_message="You have a view of this name already",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)), fields=("owner",), name="one_default_view_per_person"
                    ),
                ],
            },
        ),
    ]

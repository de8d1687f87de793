import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("predictions", "0004_label_map_packs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CaseRun",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("passed", "Passed"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=16,
                    ),
                ),
                ("dispatched_at", models.DateTimeField(null=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("worker", models.CharField(blank=True, max_length=128)),
                ("set_digest", models.CharField(blank=True, max_length=64)),
                ("results", models.JSONField(blank=True, default=dict)),
            ],
            options={
                "ordering": ["-created_at"],
            },
        ),
        migrations.AlterModelOptions(
            name="algorithm",
            options={"ordering": ["-created_at"]},
        ),
        migrations.RemoveConstraint(
            model_name="algorithm",
            name="one_active_version_per_algorithm",
        ),
        migrations.AddField(
            model_name="algorithm",
            name="activated_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="algorithm",
            name="activated_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="algorithm",
            name="card",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="algorithm",
            name="fills_reports",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="algorithm",
            name="kind",
            field=models.CharField(
                choices=[("built_in", "Built in"), ("bundle", "MONAI bundle"), ("callable", "Python callable")],
                default="built_in",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="algorithm",
            name="origin",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="algorithm",
            name="proposal_reason",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="algorithm",
            name="proposed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="algorithm",
            name="proposed_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="algorithm",
            name="retired_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="algorithm",
            name="retired_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="algorithm",
            name="status",
            field=models.CharField(
                choices=[
                    ("registered", "Registered"),
                    ("proposed", "Proposed"),
                    ("active", "Active"),
                    ("retired", "Retired"),
                ],
                default="registered",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="algorithm",
            name="thresholds",
            field=models.JSONField(blank=True, default=dict),
        ),
        # Until here there was one algorithm, ours, and it filled reports.
        migrations.RunSQL(
            sql="UPDATE predictions_algorithm SET fills_reports = true, "
            "status = CASE WHEN is_active THEN 'active' ELSE 'registered' END, "
            "activated_at = CASE WHEN is_active THEN updated_at END",
            reverse_sql="UPDATE predictions_algorithm SET is_active = (status = 'active')",
        ),
        migrations.RemoveField(
            model_name="algorithm",
            name="is_active",
        ),
        migrations.AddConstraint(
            model_name="algorithm",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "active")), fields=("name",), name="one_active_version_per_algorithm"
            ),
        ),
        migrations.AddConstraint(
            model_name="algorithm",
            constraint=models.UniqueConstraint(
                condition=models.Q(("fills_reports", True), ("status", "active")),
                fields=("fills_reports",),
                name="one_active_algorithm_fills_reports",
            ),
        ),
        migrations.AddField(
            model_name="caserun",
            name="algorithm",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="case_runs", to="predictions.algorithm"
            ),
        ),
        migrations.AddField(
            model_name="caserun",
            name="requested_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="caserun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["queued", "running"])),
                fields=("algorithm",),
                name="one_open_case_run_per_algorithm",
            ),
        ),
    ]

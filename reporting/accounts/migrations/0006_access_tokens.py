import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Tokens open one thing each: those that are known store, as they did."""

    dependencies = [
        ("accounts", "0005_session_with_account"),
    ]

    operations = [
        migrations.RenameModel("MachineToken", "AccessToken"),
        migrations.AlterField(
            "accesstoken",
            "user",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="access_tokens",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            "accesstoken",
            "scope",
            models.CharField(
                choices=[
                    ("store", "Store studies (STOW-RS)"),
                    ("images", "Read images (DICOMweb)"),
                    ("reports", "Read signed reports (FHIR)"),
                ],
                default="store",
                max_length=8,
            ),
        ),
        migrations.AddField(
            "accesstoken",
            "account_proof",
            models.CharField(blank=True, default="", max_length=128),
            preserve_default=False,
        ),
        migrations.AddField("accesstoken", "used_at", models.DateTimeField(null=True)),
        migrations.AddConstraint(
            "accesstoken",
            models.CheckConstraint(
                condition=models.Q(("scope__in", ["store", "images", "reports"])), name="token_scope_is_known"
            ),
        ),
    ]

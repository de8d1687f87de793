from django.db import migrations

from reporting.core.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("audit_trail", "0001_initial"), ("core", "0001_append_only_function")]
    operations = [append_only("audit_trail_auditevent")]

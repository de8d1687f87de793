from django.db import migrations

from reporting.core.append_only import CREATE_FUNCTION, GRANT_TO_APPLICATION_ROLE


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [CREATE_FUNCTION, GRANT_TO_APPLICATION_ROLE]

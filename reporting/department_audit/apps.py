from django.apps import AppConfig


class DepartmentAuditConfig(AppConfig):
    name = "reporting.department_audit"
    default_auto_field = "django.db.models.BigAutoField"

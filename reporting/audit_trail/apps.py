from django.apps import AppConfig


class AuditTrailConfig(AppConfig):
    name = "reporting.audit_trail"
    label = "audit_trail"

from django.apps import AppConfig


class WorklistConfig(AppConfig):
    name = "reporting.worklist"
    label = "worklist"

from django.apps import AppConfig


class StudiesConfig(AppConfig):
    name = "reporting.studies"
    label = "studies"

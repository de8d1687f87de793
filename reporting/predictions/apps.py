from django.apps import AppConfig


class PredictionsConfig(AppConfig):
    name = "reporting.predictions"
    label = "predictions"

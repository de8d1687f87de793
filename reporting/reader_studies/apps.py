from django.apps import AppConfig


class ReaderStudiesConfig(AppConfig):
    name = "reporting.reader_studies"
    label = "reader_studies"

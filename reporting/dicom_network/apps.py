from django.apps import AppConfig


class DicomNetworkConfig(AppConfig):
    name = "reporting.dicom_network"

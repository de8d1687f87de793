from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "reporting.core"
    label = "core"

    def ready(self) -> None:
        from reporting.core import checks  # noqa: F401  registers the system checks

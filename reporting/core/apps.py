from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "reporting.core"
    label = "core"

    def ready(self) -> None:
        from reporting.core import checks, openapi  # noqa: F401  registers system checks and schema extensions

from django.apps import AppConfig


class WarningConfig(AppConfig):
    name = "gongbi.warning"
    label = "warning"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.warning import flow, invariants, scope  # noqa: F401 - they register themselves

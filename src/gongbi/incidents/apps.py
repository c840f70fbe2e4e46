from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "gongbi.incidents"
    label = "incidents"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.incidents import flow, invariants, scope  # noqa: F401 - they register themselves

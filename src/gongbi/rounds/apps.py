from django.apps import AppConfig


class RoundsConfig(AppConfig):
    name = "gongbi.rounds"
    label = "rounds"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.rounds import flow, invariants, scope  # noqa: F401 - they register themselves

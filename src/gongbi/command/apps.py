from django.apps import AppConfig


class CommandConfig(AppConfig):
    name = "gongbi.command"
    label = "command"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.command import flow, invariants, scope  # noqa: F401 - they register themselves

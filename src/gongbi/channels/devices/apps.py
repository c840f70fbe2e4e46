from django.apps import AppConfig


class DevicesConfig(AppConfig):
    name = "gongbi.channels.devices"
    label = "devices"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.channels.devices import invariants, scope  # noqa: F401 - they register themselves

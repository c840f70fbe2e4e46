from django.apps import AppConfig


class DevicesConfig(AppConfig):
    name = "gongbi.channels.devices"
    label = "devices"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.channels import adapters
        from gongbi.channels.devices import invariants, scope, telling  # noqa: F401 - they register themselves
        from gongbi.channels.devices.adapter import Devices

        adapters.register(Devices())

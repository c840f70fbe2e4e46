from django.apps import AppConfig


class Open311Config(AppConfig):
    name = "gongbi.channels.open311"
    label = "open311"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.channels import adapters
        from gongbi.channels.open311.client import Open311

        adapters.register(Open311())

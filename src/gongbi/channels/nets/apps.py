from django.apps import AppConfig


class NetsConfig(AppConfig):
    name = "gongbi.channels.nets"
    label = "nets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.channels import adapters
        from gongbi.channels.nets.telling import Net

        adapters.register(Net())

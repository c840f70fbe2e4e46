from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "gongbi.channels"
    label = "channels"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.channels import scope  # noqa: F401 - it registers itself

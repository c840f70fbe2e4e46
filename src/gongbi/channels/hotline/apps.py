from django.apps import AppConfig


class HotlineConfig(AppConfig):
    name = "gongbi.channels.hotline"
    label = "hotline"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.channels import adapters
        from gongbi.channels.hotline import promises, scope  # noqa: F401 - they register themselves
        from gongbi.channels.hotline.adapter import Hotline

        adapters.register(Hotline())

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "gongbi.channels.notices"
    label = "notices"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.channels import adapters
        from gongbi.channels.notices import scope  # noqa: F401 - it registers itself
        from gongbi.channels.notices.sending import Notices

        adapters.register(Notices())

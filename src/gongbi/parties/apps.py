from django.apps import AppConfig


class PartiesConfig(AppConfig):
    name = "gongbi.parties"
    label = "parties"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.parties import tasks, visibility  # noqa: F401 – they register checks and who sees what

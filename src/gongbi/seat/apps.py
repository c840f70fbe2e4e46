from django.apps import AppConfig


class SeatConfig(AppConfig):
    name = "gongbi.seat"
    label = "seat"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.seat import scope  # noqa: F401 - it registers itself

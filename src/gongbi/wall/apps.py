from django.apps import AppConfig


class WallConfig(AppConfig):
    name = "gongbi.wall"
    label = "wall"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.wall import invariants, scope  # noqa: F401 - they register themselves

from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "gongbi.insight"
    label = "insight"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.insight import scope, watermark  # noqa: F401 - they register themselves

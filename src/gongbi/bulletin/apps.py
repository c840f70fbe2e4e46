from django.apps import AppConfig


class BulletinConfig(AppConfig):
    name = "gongbi.bulletin"
    label = "bulletin"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.bulletin import flow, invariants, scope, sections_more, sections_rates  # noqa: F401 - they register themselves

from importlib import import_module

from django.apps import AppConfig


class TerritoryConfig(AppConfig):
    name = "gongbi.territory"
    label = "territory"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("gongbi.territory.invariants")
        import_module("gongbi.territory.memory")

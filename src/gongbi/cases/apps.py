from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "gongbi.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.cases import flow, invariants, scope  # noqa: F401 - they register themselves

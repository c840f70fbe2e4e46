from importlib.util import find_spec

from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "gongbi.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.cases import flow  # noqa: F401

        if find_spec("gongbi.duties.queries") and find_spec("gongbi.kernel.files.actions") and find_spec("gongbi.kernel.search.queries"):
            from gongbi.cases import invariants, scope, subscribers  # noqa: F401 - they register themselves

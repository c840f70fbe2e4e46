from django.apps import AppConfig


class EvaluationConfig(AppConfig):
    name = "gongbi.evaluation"
    label = "evaluation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.evaluation import flow, invariants, scope  # noqa: F401 - they register themselves

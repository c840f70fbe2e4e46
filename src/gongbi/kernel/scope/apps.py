from django.apps import AppConfig


class ScopeConfig(AppConfig):
    name = "gongbi.kernel.scope"
    label = "scope"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.kernel.scope import matters  # noqa: F401 – registers the default rule of every matter

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class SimulateConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "gongbi.ops.simulate"
    label = "simulate"

    def ready(self) -> None:
        from django.conf import settings

        from gongbi.ops.simulate.guard import only_simulated

        if settings.SIMULATED:
            connection_created.connect(only_simulated, dispatch_uid="simulate.only_simulated")

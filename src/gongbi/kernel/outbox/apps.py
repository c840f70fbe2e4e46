from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "gongbi.kernel.outbox"
    label = "outbox"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.kernel.flow import invariants
        from gongbi.kernel.outbox import queries

        invariants.register("outbox")(queries.breaches)

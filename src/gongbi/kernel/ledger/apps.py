from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "gongbi.kernel.ledger"
    label = "ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.kernel.flow import invariants
        from gongbi.kernel.ledger import queries

        invariants.register("ledger.days")(queries.breaches)

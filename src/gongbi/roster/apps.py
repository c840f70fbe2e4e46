from django.apps import AppConfig


class RosterConfig(AppConfig):
    name = "gongbi.roster"
    label = "roster"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.parties import standing
        from gongbi.roster import flow, invariants, queries, scope  # noqa: F401 - they register themselves

        standing.register(queries.standing_for)

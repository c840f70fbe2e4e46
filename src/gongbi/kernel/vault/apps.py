from django.apps import AppConfig


class VaultConfig(AppConfig):
    name = "gongbi.kernel.vault"
    label = "vault"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.kernel.flow import invariants
        from gongbi.kernel.vault import queries, retention
        from gongbi.kernel.vault.models import Consent

        invariants.register("access log")(queries.breaches)
        # An ended consent is proof for three years; one in force stays.
        retention.register(
            "consent", Consent, due=lambda before: Consent.objects.filter(withdrawn_at__lt=before)
        )

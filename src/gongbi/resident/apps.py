from django.apps import AppConfig


class ResidentConfig(AppConfig):
    name = "gongbi.resident"
    label = "resident"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.conf import settings

        from gongbi.kernel import turnstile

        # A limit that cannot be read is said at the start, not to the first visitor.
        turnstile.read_rates(settings.LIMITS)
        turnstile.read_networks(settings.LIMITS_FREE)

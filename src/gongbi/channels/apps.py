from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "gongbi.channels"
    label = "channels"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db.models import Q

        from gongbi.channels import invariants, scope  # noqa: F401 - they register themselves
        from gongbi.channels.actions.arriving import forget_body, forget_words
        from gongbi.channels.models import Arrival, Change, Outgoing, Rejection
        from gongbi.channels.rules import WAITING
        from gongbi.kernel.vault import retention

        retention.register(
            "import_file",
            Arrival,
            due=lambda before: Arrival.objects.filter(received_at__lt=before, content__isnull=False).exclude(
                standing=WAITING
            ),
            erase=forget_words,
        )
        retention.register(
            "import_file",
            Change,
            due=lambda before: Change.objects.filter(received_at__lt=before, content__isnull=False).exclude(
                standing=WAITING
            ),
            erase=forget_words,
        )
        retention.register(
            "import_file",
            Outgoing,
            due=lambda before: Outgoing.objects.filter(
                Q(done_at__lt=before) | Q(dead_at__lt=before), body__isnull=False
            ),
            erase=forget_body,
        )
        retention.register(
            "import_file", Rejection, due=lambda before: Rejection.objects.filter(at__lt=before)
        )

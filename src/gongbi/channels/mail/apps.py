from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "gongbi.channels.mail"
    label = "mail"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.channels import adapters
        from gongbi.channels.mail.mailbox import Mail

        adapters.register(Mail())

from django.apps import AppConfig


class FieldConfig(AppConfig):
    name = "gongbi.field"
    label = "field"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongbi.channels import adapters
        from gongbi.field.door import FieldApp

        adapters.register(FieldApp())

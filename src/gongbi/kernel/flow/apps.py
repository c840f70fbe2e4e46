from django.apps import AppConfig


class FlowConfig(AppConfig):
    name = "gongbi.kernel.flow"
    label = "flow"
    default_auto_field = "django.db.models.BigAutoField"

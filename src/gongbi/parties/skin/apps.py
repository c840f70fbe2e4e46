from django.apps import AppConfig


class SkinConfig(AppConfig):
    name = "gongbi.parties.skin"
    label = "parties_skin"

"""Roots made before say of themselves that they knew every entry up to the last sealed one: they were made by date alone."""

from django.db import migrations
from django.db.models import Max


def know(apps, schema_editor):
    roots = apps.get_model("ledger", "DailyRoot").objects
    last = roots.aggregate(last=Max("last_id"))["last"]
    if last is not None:
        roots.update(last_id=last)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_append_only")]
    operations = [migrations.RunPython(know, migrations.RunPython.noop)]

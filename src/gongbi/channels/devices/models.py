"""The register of devices, what they said lately, their alarms. No table holds anything about a person but the owner's sealed contact.

Times of readings are numbers (milliseconds since 1970), packed in blocks: see :mod:`gongbi.channels.devices.packing`.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from gongbi.channels.devices.kinds import KINDS
from gongbi.kernel.vault.fields import SealedTextField


class Device(models.Model):
    """One device: what it is, where, whose, what for, and what its sign (公示牌) says."""

    number = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=16)
    place = models.CharField(max_length=120)  # compound, building: alarms of one place may be one event
    division = models.CharField(max_length=15)  # grid, community or street
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    owner = models.CharField(max_length=120)
    contact = SealedTextField(kind="phone", blank=True)
    purpose = models.CharField(max_length=200)
    sign_number = models.CharField(max_length=40)
    sign_text = models.CharField(max_length=300)
    keep_days = models.PositiveSmallIntegerField(default=7)
    gateway = models.CharField(max_length=40, default="")  # which gateway may speak for it over MQTT; "": any
    key = models.CharField(
        max_length=12, default=""
    )  # prefix of the API key that may; "": any that covers it
    limit = models.FloatField(null=True)
    clear = models.FloatField(null=True)
    period = models.PositiveIntegerField(null=True)  # seconds
    synthetic = models.BooleanField(default=False)
    installed_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="device_kind_known", condition=models.Q(kind__in=sorted(KINDS)))
        ]
        indexes = [models.Index(fields=["division"], name="device_division")]
        verbose_name = _("device")

    def __str__(self) -> str:
        return self.number


class Register(models.Model):
    """One row, whose token changes with the register: what processes remember of it is then old."""

    token = models.BigIntegerField(default=0)


class DeviceState(models.Model):
    """What is known of a device now. Written by the one process that reads the journal, some time after a reading."""

    device = models.OneToOneField(Device, on_delete=models.CASCADE, primary_key=True, related_name="now")
    heard_at = models.DateTimeField()  # by our clock
    reading_ms = models.BigIntegerField()  # of the newest reading
    value = models.FloatField(null=True)
    alarm = models.BooleanField(default=False)
    silent = models.BooleanField(default=False)
    rule = models.JSONField(default=dict)
    recent = models.JSONField(default=list)  # identities of the last readings
    tail = models.BinaryField(default=b"")  # readings that fill no block yet
    skewed = models.PositiveBigIntegerField(default=0)
    skew = models.FloatField(null=True)  # seconds, of the last wrong time
    repeated = models.PositiveBigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["heard_at"], name="device_heard")]
        verbose_name = _("state of a device")


class Block(models.Model):
    """Some hundred readings of one device, packed."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="blocks", db_index=False)
    first_ms = models.BigIntegerField()
    last_ms = models.BigIntegerField()
    count = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["device", "last_ms"], name="device_block")]
        verbose_name = _("block of readings")


class Journal(models.Model):
    """What came in and is durable, but not yet worked through: packed readings, in the order of receipt."""

    received = models.FloatField()
    count = models.PositiveIntegerField()
    body = models.BinaryField()

    class Meta:
        verbose_name = _("readings received")


class Lane(models.Model):
    """One row: which process works the journal through. Who has not renewed it for some time has lost it."""

    holder = models.CharField(max_length=40, default="")
    until = models.DateTimeField(null=True)


class DeviceEvent(models.Model):
    """What alarms of one kind at one place within minutes are together: one candidate case. ``kind`` may be ``silent``."""

    kind = models.CharField(max_length=16)
    place = models.CharField(max_length=120)
    division = models.CharField(max_length=15)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()  # the newest beginning in it
    ended_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)  # when it became a candidate case
    over_told_at = models.DateTimeField(null=True)  # when its end was noted there
    held = models.CharField(max_length=8, default="")  # why it was not told: quiet, silence
    devices = models.PositiveIntegerField(default=1)
    arrival_id = models.BigIntegerField(null=True)  # of the channels' register
    synthetic = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["kind", "place", "last_at"], name="device_event_place"),
            models.Index(fields=["ended_at"], name="device_event_ended"),
            models.Index(
                fields=["ended_at"],
                name="device_event_over",
                condition=models.Q(told_at__isnull=False, over_told_at__isnull=True, ended_at__isnull=False),
            ),
            models.Index(fields=["division"], name="device_event_division"),
        ]
        verbose_name = _("event of devices")


class Alarm(models.Model):
    """One alarm of one device, from its beginning to its end; ``flaps`` counts how often it came back."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="alarms", db_index=False)
    event = models.ForeignKey(DeviceEvent, on_delete=models.CASCADE, related_name="alarms")
    kind = models.CharField(max_length=16)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    value = models.FloatField(null=True)  # with which it began
    flaps = models.PositiveIntegerField(default=0)
    again_at = models.DateTimeField(null=True)  # when it came back last

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["device", "kind", "begun_at"], name="device_alarm_once"),
            models.UniqueConstraint(
                fields=["device", "kind"],
                condition=models.Q(ended_at__isnull=True),
                name="device_alarm_one_open",
            ),
        ]
        verbose_name = _("alarm")


class Silence(models.Model):
    """For some time alarms are not told: a maintenance window of one device, or of a place."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, null=True, related_name="silences")
    place = models.CharField(max_length=120, default="")
    division = models.CharField(max_length=15)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    actor = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="device_silence_period", condition=models.Q(ends_at__gt=models.F("begins_at"))
            )
        ]
        indexes = [models.Index(fields=["ends_at"], name="device_silence_end")]
        verbose_name = _("silence")


class Tally(models.Model):
    """How many readings of a day met which fate: taken, or the reason why not."""

    day = models.DateField()
    reason = models.CharField(max_length=16)
    count = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "reason"], name="device_tally_once")]
        verbose_name = _("count of readings")

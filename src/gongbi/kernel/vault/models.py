"""Who opened what, who consented to what, what is kept how long, and what is left of what was purged."""

from django.db import models


class AccessLog(models.Model):
    """One opening of one sealed field, or one export. Chained: ``hash = H(prev ‖ fields)``: a missing or changed row shows.

    The database refuses changes (a trigger); ``subject`` is ``app.model:pk``, or ``export:NAME`` with the field ``*``.
    """

    at = models.DateTimeField()
    actor = models.CharField(max_length=40)
    role = models.CharField(max_length=20, default="", blank=True)
    unit_id = models.BigIntegerField(null=True)
    subject = models.CharField(max_length=100)
    field = models.CharField(max_length=60)
    reason = models.CharField(max_length=200)
    prev = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        indexes = [
            models.Index(fields=["subject", "at"], name="access_subject"),
            models.Index(fields=["at"], name="access_at"),
            models.Index(fields=["actor", "at"], name="access_actor"),
        ]


class AccessHead(models.Model):
    """The end of the chain (one row, locked for each entry) and its beginning, which moves on when old rows are purged."""

    first_prev = models.BinaryField(max_length=32)
    last_hash = models.BinaryField(max_length=32)


class Policy(models.Model):
    """What is done with personal data for one purpose (PIPL §17). A new version ends every consent to the older ones (§14)."""

    purpose = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    from_at = models.DateTimeField()
    notice = models.JSONField()
    by = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["purpose", "version"], name="policy_once")]


class Consent(models.Model):
    """One consent of one person (``subject``: "report:88", "person:5") to one version of a purpose. Kept after withdrawal."""

    subject = models.CharField(max_length=60)
    purpose = models.CharField(max_length=40)
    policy_version = models.PositiveIntegerField()
    granted_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    under_14 = models.BooleanField(default=False)
    guardian = models.CharField(
        max_length=60, default="", blank=True
    )  # reference of the guardian who consented
    actor = models.CharField(max_length=40)

    class Meta:
        indexes = [models.Index(fields=["subject", "purpose"], name="consent_subject")]


class RetentionClass(models.Model):
    """How long a class of data is kept, in days (null: for good), and the least the law asks for."""

    code = models.CharField(max_length=40, primary_key=True)
    keep_days = models.PositiveIntegerField(null=True)
    least_days = models.PositiveIntegerField(default=0)
    most_days = models.PositiveIntegerField(null=True)
    basis = models.CharField(max_length=120)


class Tombstone(models.Model):
    """What is left of a purged row: that it was, of which class, when it went, and a digest of what it held."""

    label = models.CharField(max_length=80)  # "app.model"
    row = models.CharField(max_length=40)
    retention = models.CharField(max_length=40)
    at = models.DateTimeField()
    digest = models.BinaryField(max_length=32)

    class Meta:
        indexes = [models.Index(fields=["label", "row"], name="tombstone_row")]

"""The ledger: append-only, one row per thing that happened, hash-chained per matter."""

from django.db import models


class LedgerEntry(models.Model):
    """One thing that happened to one matter. Never updated, never deleted (a trigger in the database refuses).

    ``hash`` is :func:`gongbi.kernel.ledger.chain.entry_hash`; the first entry's ``prev`` is the matter's random ``seed``.
    ``facts`` holds ids, codes, reasons and digests; never a sealed field.
    """

    # The unique constraint's index begins with the matter.
    matter = models.ForeignKey(
        "flow.Matter", on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=40)  # "post:12", "report:88", "system:clock"
    unit_id = models.BigIntegerField(null=True)  # the actor's unit at that time
    transition = models.CharField(max_length=40)
    from_state = models.CharField(max_length=24, default="")
    to_state = models.CharField(max_length=24)
    facts = models.JSONField(default=dict)
    prev = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["matter", "seq"], name="ledger_once")]
        indexes = [models.Index(fields=["at"], name="ledger_at")]


class DailyRoot(models.Model):
    """The Merkle root over all entries of one local day, so that an outsider can check a receipt (RFC 6962 §2.1).

    ``last_id`` is the last entry there was when it was made: what is written later, whatever its date, the next root covers.
    """

    day = models.DateField(unique=True)
    entries = models.PositiveIntegerField()
    last_id = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    prev_root = models.BinaryField(max_length=32)
    made_at = models.DateTimeField()

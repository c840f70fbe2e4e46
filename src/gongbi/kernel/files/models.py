"""Files that belong to matters: photos of a report, before and after, documents."""

from django.db import models

from gongbi.kernel.files import rules


class StoredFile(models.Model):
    """One upload. The content is kept once under its digest; several rows may share it. Sent names are never kept.

    ``owner``: what it belongs to inside the matter: "report:88", "case:12"; empty until it is attached.
    """

    digest = models.CharField(max_length=64)  # SHA-256 of the stored content, hex
    original_digest = models.CharField(max_length=64)  # of what was sent, before it was stripped and scaled
    path = models.CharField(max_length=120)
    thumbnail = models.CharField(max_length=120, default="", blank=True)
    size = models.PositiveIntegerField()  # bytes
    mime = models.CharField(max_length=40)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    purpose = models.CharField(max_length=12, choices=[(p, p) for p in rules.PURPOSES])
    visibility = models.CharField(max_length=8, default=rules.HANDLERS)
    matter_id = models.BigIntegerField(null=True)
    owner = models.CharField(max_length=40, default="", blank=True)
    uploaded_by = models.CharField(max_length=40)
    uploaded_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["matter_id", "id"], name="file_matter"),
            models.Index(fields=["owner"], name="file_owner"),
            models.Index(fields=["digest"], name="file_digest"),
            models.Index(
                fields=["uploaded_at"],
                name="file_unused",
                condition=models.Q(owner="", matter_id__isnull=True),
            ),
        ]

    @property
    def is_picture(self) -> bool:
        return self.mime.startswith("image/")

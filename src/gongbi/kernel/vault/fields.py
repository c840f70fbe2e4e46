"""A text column whose content is sealed: the database, its copies and its logs hold ciphertext only.

    phone = SealedTextField(kind="phone", blank=True)

Assign plain text; read a :class:`Sealed`, which shows the mask wherever it is printed. The plain text comes out of
``vault.actions.unseal`` alone. The ciphertext is bound to model and field, so that a value cannot be moved to a column that more
people may open. It is not bound to the row (which has no key before it is inserted): whoever can write to the database can swap
two values of one column; the ledger and, where there is one, the blind index beside it show that.
"""

from __future__ import annotations

import base64
import logging
from typing import Any

from django.core.exceptions import FieldError
from django.db import models
from django.utils.translation import gettext_lazy as _

from gongbi.kernel.errors import Refused
from gongbi.kernel.vault import keys, masking

log = logging.getLogger("gongbi.vault")
_FIXTURE = "sealed:"


class Sealed(str):
    """A sealed value. As a string it is its mask: printed, formatted, compared or written as JSON, it shows no more.

    Falsy when empty. ``broken``: the bytes in the database are not what was sealed there.
    """

    __slots__ = ("_bytes", "_label", "broken", "kind")
    _bytes: bytes
    _label: str
    broken: bool
    kind: str

    def __new__(cls, sealed: bytes, label: str, kind: str) -> Sealed:
        shown, broken = "", False
        if sealed:
            try:
                shown = masking.mask(keys.open_sealed(sealed, label.encode()).decode(), kind)
            except (keys.CannotOpen, UnicodeDecodeError):
                log.error("a sealed value does not open", extra={"column": label})
                shown, broken = "****", True
        self = super().__new__(cls, shown)
        self._bytes, self._label, self.kind, self.broken = sealed, label, kind, broken
        return self

    @property
    def masked(self) -> str:
        """What may be shown to whoever may see that there is a value."""
        return str.__str__(self)

    def __repr__(self) -> str:
        return f"<Sealed {self.kind} {self.masked!r}>"

    def __str__(self) -> str:
        return str.__str__(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return Sealed, (self._bytes, self._label, self.kind)


def open_value(value: Sealed) -> str:
    """The plain text, for ``vault.actions`` alone. Errors: keys.CannotOpen."""
    if not value._bytes:
        return ""
    return keys.open_sealed(value._bytes, value._label.encode()).decode()


class _Descriptor:
    def __init__(self, field: SealedTextField) -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: Any = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            instance.refresh_from_db(fields=[name])  # deferred
        return instance.__dict__[name]

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = self.field.sealed(value)


class SealedTextField(models.BinaryField):  # type: ignore[type-arg]
    """See the module. ``kind``: name, phone, id, address or text; it decides the mask. ``label``: what the ciphertext is bound to
    ("app.model.field" by itself); give the old one when a model or field is renamed. Assigning a mask raises Refused.
    """

    def __init__(self, *args: Any, kind: str, label: str = "", **kwargs: Any) -> None:
        if kind not in masking.KINDS:
            raise ValueError(f"no kind of personal data: {kind!r} (one of {', '.join(masking.KINDS)})")
        self.kind, self.given_label = kind, label
        kwargs.setdefault("default", b"" if not kwargs.get("null") else None)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, path, args, kwargs = super().deconstruct()
        kwargs["kind"] = self.kind
        if self.given_label:
            kwargs["label"] = self.given_label
        if kwargs.get("default") == b"":
            del kwargs["default"]
        return name, path, args, kwargs

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        if not cls._meta.abstract:
            setattr(cls, self.attname, _Descriptor(self))

    @property
    def bound_to(self) -> str:
        return self.given_label or f"{self.model._meta.label_lower}.{self.name}"

    def sealed(self, value: Any) -> Any:
        """``value`` as this column keeps it: plain text is sealed, a value of another column is sealed anew."""
        if value is None:
            return None if self.null else Sealed(b"", self.bound_to, self.kind)
        if isinstance(value, Sealed):
            return value if value._label == self.bound_to else self.sealed(open_value(value))
        if isinstance(value, (bytes, memoryview, bytearray)):
            return Sealed(bytes(value), self.bound_to, self.kind)
        if not isinstance(value, str):
            return value  # an expression
        if masking.looks_masked(value, self.kind):
            raise Refused(
                "vault.masked_value",
                _(
                    "This is the hidden form of the value (with asterisks). Leave the field as it is, or type it in full."
                ),
                field=self.name,
            )
        if not value:
            return Sealed(b"", self.bound_to, self.kind)
        return Sealed(keys.seal(value.encode(), self.bound_to.encode()), self.bound_to, self.kind)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else Sealed(bytes(value), self.bound_to, self.kind)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and not isinstance(value, Sealed) and value.startswith(_FIXTURE):
            return Sealed(base64.b64decode(value.removeprefix(_FIXTURE)), self.bound_to, self.kind)
        return self.sealed(value)

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return _FIXTURE + base64.b64encode(value._bytes if value is not None else b"").decode()

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(self.sealed(value))
        return value._bytes if isinstance(value, Sealed) else value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if not prepared:
            value = self.get_prep_value(value)
        elif isinstance(value, Sealed):
            value = value._bytes
        return super().get_db_prep_value(value, connection, True)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(
                f"{self.bound_to} is sealed: look it up by a blind index beside it (vault.blind.index)"
            )
        return super().get_lookup(lookup_name)

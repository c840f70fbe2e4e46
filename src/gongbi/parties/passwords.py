"""The house's password rules, where Django asks for them."""

from __future__ import annotations

import secrets
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from gongbi.parties import rules
from gongbi.parties.words import refusal

_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another when it is read out


def one_time() -> str:
    """A random password to hand over once: five groups of four signs (99 bits), easy to read out and to type."""
    return "-".join("".join(secrets.choice(_SIGNS) for _ in range(4)) for _ in range(5))


class HouseRules:
    """``rules.password_faults`` as a validator of ``AUTH_PASSWORD_VALIDATORS``."""

    def validate(self, password: str, user: Any = None) -> None:
        login = getattr(user, "username", "") or ""
        faults = [refusal(no) for no in rules.password_faults(password, login)]
        if faults:
            raise ValidationError([ValidationError(fault.message, code=fault.code) for fault in faults])

    def get_help_text(self) -> str:
        return str(
            _("At least %(min)s characters with three kinds of signs, or a phrase of %(phrase)s or more.")
            % {"min": rules.PASSWORD_MIN, "phrase": rules.PASSPHRASE}
        )

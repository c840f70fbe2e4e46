"""Receipt numbers that survive being read out over a telephone: ``LH20261123-000012-3``.

The last digit is a Luhn check digit over the date and the number (ISO/IEC 7812-1, Annex B), so one wrong or two swapped
digits are noticed.
"""

import re
import unicodedata
from datetime import date

from stdnum import luhn

_DOUBLED = str.maketrans("0123456789", "0246813579")  # twice the digit, its own digits added up
_SHAPE = re.compile(r"^([A-Z]{1,4})(\d{8})(\d{6,12})(\d)$")


def write(prefix: str, pk: int, day: date) -> str:
    """The number of matter ``pk`` opened on local ``day``."""
    digits = f"{day.year:04d}{day.month:02d}{day.day:02d}{pk:06d}"
    return f"{prefix}{digits[:8]}-{digits[8:]}-{_check_digit(digits)}"


def _check_digit(digits: str) -> int:
    """As ``luhn.calc_check_digit``, which works it out for any alphabet: a page writes a number fifty times."""
    doubled = sum(map(int, digits[-1::-2].translate(_DOUBLED)))
    return -(doubled + sum(map(int, digits[-2::-2]))) % 10


def _plain(text: str) -> str:
    return re.sub(r"[\s\-‐–—_]", "", unicodedata.normalize("NFKC", text)).upper()


def same(text: str, number: str) -> bool:
    """Whether ``text``, as people type it, is ``number`` in every letter and digit, the date included."""
    return _plain(text) == _plain(number)


def read(text: str) -> tuple[str, int] | None:
    """``(prefix, pk)`` of a number as people type it (spaces, hyphens, full-width digits, small letters), or None."""
    match = _SHAPE.match(_plain(text))
    if not match or not luhn.is_valid(match[2] + match[3] + match[4]):
        return None
    return match[1], int(match[3])

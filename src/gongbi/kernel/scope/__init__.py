"""Who sees what: rows by territory and unit, fields by sensitivity, doors by role."""

from gongbi.kernel.scope.endpoints import ANYONE, STAFF, all_endpoints, endpoint, matrix, module, undeclared
from gongbi.kernel.scope.registry import (
    EVERYTHING,
    NOTHING,
    Unscoped,
    also,
    below,
    by_key,
    condition,
    one,
    rows,
    sees,
    visible,
)
from gongbi.kernel.scope.sensitivity import MASK, Level, fields, may_read, shown

__all__ = [
    "ANYONE",
    "EVERYTHING",
    "MASK",
    "NOTHING",
    "STAFF",
    "Level",
    "Unscoped",
    "all_endpoints",
    "also",
    "below",
    "by_key",
    "condition",
    "endpoint",
    "fields",
    "matrix",
    "may_read",
    "module",
    "one",
    "rows",
    "sees",
    "shown",
    "undeclared",
    "visible",
]

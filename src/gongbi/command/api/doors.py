"""The router of command, and who passes its doors."""

from __future__ import annotations

from ninja import Router

from gongbi.kernel.scope import viewer as roles
from gongbi.parties.auth import WAYS_IN

router = Router(tags=["command"], auth=WAYS_IN)
READERS = {
    roles.DISPATCHER, roles.MANAGER, roles.HANDLER, roles.ADJUDICATOR, roles.CHECKER, roles.AUDITOR, roles.INTEGRATOR,
}  # fmt: skip
GIVERS = {roles.DISPATCHER, roles.MANAGER}
WORKERS = {roles.DISPATCHER, roles.MANAGER, roles.HANDLER}
JUDGES = {roles.DISPATCHER, roles.MANAGER, roles.ADJUDICATOR}

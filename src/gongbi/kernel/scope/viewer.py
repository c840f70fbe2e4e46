"""Who is asking. Every public query and action takes a :class:`Viewer`; only the edges build one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

# Roles that issue posts or keys; a post has exactly one.
CLERK = "clerk"  # 受理员: hotline or hall clerk, types in for callers, calls back
DISPATCHER = "dispatcher"  # 受理派遣员: accepts and dispatches, approves extensions and suspensions
HANDLER = "handler"  # 承办: signs for and handles in a unit
GRID_WORKER = "grid_worker"  # 网格员
CHECKER = "checker"  # 核查员: checks what others handled
ADJUDICATOR = "adjudicator"  # 裁定员: rules on contested dispatches
MANAGER = "manager"  # 领导: reads the board of its territory
AUDITOR = "auditor"  # 审计员: reads everything, unmasks nothing, changes nothing
ADMIN = "admin"  # 系统管理员: lists, posts, calendar; no matter of residents
SECURITY = "security"  # 安全管理员: accounts, second factors, keys of other systems; no matter of residents
INTEGRATOR = "integrator"  # 对接系统: an API key
RESIDENT = "resident"  # 居民: holds the private link of a report; never a post
SYSTEM = "system"  # clocks and jobs
STAFF_ROLES = (
    CLERK,
    DISPATCHER,
    HANDLER,
    GRID_WORKER,
    CHECKER,
    ADJUDICATOR,
    MANAGER,
    AUDITOR,
    ADMIN,
    SECURITY,
    INTEGRATOR,
)

# Whose matters a role sees: those of the post's territory, or those of its units.
BY_TERRITORY = frozenset({CLERK, DISPATCHER, CHECKER, ADJUDICATOR, MANAGER, AUDITOR, GRID_WORKER})
BY_UNIT = frozenset({HANDLER})
_DISTRICT_DIGITS = 6


def sees_by(role: str, territories: Sequence[str]) -> Literal["territory", "unit", ""]:
    """By what this role sees matters; "" by neither. A key: by its territory where it has one, else by its units."""
    if role in BY_TERRITORY or (role == INTEGRATOR and territories):
        return "territory"
    return "unit" if role in BY_UNIT or role == INTEGRATOR else ""


def sees_unplaced(territories: Sequence[str]) -> bool:
    """Whether these code prefixes are a whole district or more: who answers for it answers for what is not placed yet."""
    return any(len(prefix) <= _DISTRICT_DIGITS for prefix in territories)


@dataclass(frozen=True, slots=True)
class Acting:
    """A deputy acts in another's post: from which own post, and until when at the latest."""

    post_id: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Viewer:
    """One asker. ``actor`` as the ledger writes it: ``post:12``, ``report:88``, ``key:3``, ``system:clock``.

    ``territories``: code prefixes that the post covers (``("610104",)`` is the whole district, ``()`` none).
    ``units``: ids of the own unit and every unit below it. ``reports``: those whose link the asker holds.
    ``acting``: a deputy in another's post: ``post_id``, role, units and territories are the post's, ``person_id`` and ``account_id`` the
    deputy's, and ``actor`` names both (``post:12:for:7``).
    """

    actor: str
    role: str = ""
    account_id: int | None = None
    person_id: int | None = None
    post_id: int | None = None
    unit_id: int | None = None
    units: frozenset[int] = frozenset()
    territories: tuple[str, ...] = ()
    reports: frozenset[int] = field(default_factory=frozenset)
    name: str = ""
    acting: Acting | None = None

    @property
    def own_actors(self) -> tuple[str, ...]:
        """Under which names the ledger knows what is this asker's own: a deputy's what the post did itself, too."""
        return (self.actor,) if self.acting is None else (self.actor, f"post:{self.post_id}")

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF_ROLES

    def covers(self, code: str) -> bool:
        """Whether ``code`` (a division or grid code) lies inside the viewer's territory."""
        return any(code.startswith(prefix) for prefix in self.territories)


PUBLIC = Viewer(actor="public")


def system(name: str) -> Viewer:
    """The viewer for a job of the machine itself, e.g. ``system("clock")``."""
    return Viewer(actor=f"system:{name}", role=SYSTEM)

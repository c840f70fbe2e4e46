"""Which fields a role reads: as it is, masked, or not at all."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from gongbi.kernel import scope
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.scope import Level, sensitivity
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.viewer import PUBLIC, Viewer


@dataclass(frozen=True)
class Sealed:
    masked: str

    def __bool__(self) -> bool:
        return bool(self.masked)


class Told(Matter):
    class Meta:
        app_label = "flow"
        managed = False


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    monkeypatch.setattr(sensitivity, "_levels", {})
    scope.fields(Matter, state=Level.OPEN, territory=Level.STAFF)
    scope.fields(Told, text=Level.WORKING, phone=Level.SEALED)
    row = Told(state="accepted", territory="610104001")
    row.text, row.phone = "路灯不亮", Sealed("138****5678")  # type: ignore[attr-defined]
    return row


WORKING = {
    roles.CLERK,
    roles.DISPATCHER,
    roles.HANDLER,
    roles.GRID_WORKER,
    roles.CHECKER,
    roles.ADJUDICATOR,
    roles.RESIDENT,
    roles.SYSTEM,
}


@pytest.mark.parametrize("role", [*roles.STAFF_ROLES, roles.RESIDENT, roles.SYSTEM, ""])
def test_every_role_at_every_level(role: str, told: Told) -> None:
    asker = Viewer(actor="x", role=role)
    assert scope.shown(told, "state", asker) == "accepted"
    assert scope.shown(told, "territory", asker) == ("610104001" if role else scope.MASK)
    assert scope.shown(told, "text", asker) == ("路灯不亮" if role in WORKING else scope.MASK)
    assert scope.shown(told, "phone", asker) == ("138****5678" if role in WORKING else scope.MASK)


def test_nobody_reads_a_sealed_value_as_it_is(told: Told) -> None:
    told.phone = "13800000000"  # type: ignore[attr-defined] # a value without a masked form
    assert scope.shown(told, "phone", Viewer(actor="x", role=roles.CLERK)) == scope.MASK


@pytest.mark.parametrize("empty", ["", None, Sealed("")])
def test_an_empty_field_is_not_shown_as_a_secret(empty: object, told: Told) -> None:
    told.phone = empty  # type: ignore[attr-defined]
    assert not scope.shown(told, "phone", PUBLIC)


def test_an_undeclared_field_raises(told: Told) -> None:
    with pytest.raises(scope.Unscoped, match=r"Told\.due_at"):
        scope.shown(told, "due_at", Viewer(actor="x", role=roles.SYSTEM))

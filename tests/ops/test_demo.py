"""The demo district: made once, whole or not at all, with a login for each role."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from gongbi.kernel.flow import invariants
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.ledger.queries import verify
from gongbi.kernel.scope.viewer import STAFF_ROLES
from gongbi.ops import demo
from gongbi.ops.commands.migrate import migrate, pending
from gongbi.ops.parts import load
from gongbi.parties.demo import LOGINS

Account: Any = get_user_model()


@pytest.mark.parametrize("path", demo.GROUND + demo.SAMPLES)
def test_every_step_leads_somewhere(path: str) -> None:
    assert callable(load(path))


def test_no_step_is_taken_twice() -> None:
    steps = demo.GROUND + demo.SAMPLES
    assert len(set(steps)) == len(steps)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_demo_has_every_role_and_cases_and_breaks_no_invariant(now: datetime) -> None:
    migrate(now)
    assert pending() == 0
    assert demo.is_empty()
    said = list(demo.make(at=now))
    assert len(said) == len(demo.GROUND + demo.SAMPLES)
    assert "142 communities" in said[0]
    assert not demo.is_empty()
    logins = demo.logins()
    assert len(logins) == len(LOGINS)
    assert {role for _login, role, _unit, _words in LOGINS} >= set(STAFF_ROLES) - {"integrator"}
    assert Matter.objects.count() > 0
    assert list(invariants.run_all()) == []
    assert list(verify()) == []

    # A changed password is no demo login any more, and nobody is told it.
    one = Account.objects.get(username="admin")
    one.set_password("something else entirely")
    one.save()
    assert "admin" not in {login for login, _password, _words in demo.logins()}


@pytest.mark.django_db(transaction=True)
def test_a_ground_that_fails_half_way_leaves_nothing(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    def account(*, at: datetime) -> str:
        Account.objects.create(username="half", created_at=at)
        return "half"

    def fail(*, at: datetime) -> str:
        raise RuntimeError("broken")

    monkeypatch.setattr(demo, "half", account, raising=False)
    monkeypatch.setattr(demo, "fail", fail, raising=False)
    monkeypatch.setattr(demo, "GROUND", ("gongbi.ops.demo:half", "gongbi.ops.demo:fail"))
    with pytest.raises(RuntimeError):
        list(demo.make(at=now))
    assert demo.is_empty()

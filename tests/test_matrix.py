"""Every door of the product says who may pass, and every role is tried at every door."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import RequestFactory

from gongbi.kernel import scope
from gongbi.kernel.errors import Forbidden
from gongbi.kernel.flow.declare import all_flows
from gongbi.kernel.scope import endpoints
from gongbi.kernel.scope.viewer import RESIDENT, STAFF_ROLES, Viewer


def test_no_door_is_undeclared() -> None:
    assert scope.undeclared() == []


def test_every_role_at_every_declared_door() -> None:
    """The guard lets exactly the declared roles in; what it guards is not run."""
    tried = 0
    for entry in scope.all_endpoints():
        guard = Guarded(entry)
        for role in ("", RESIDENT, *STAFF_ROLES):
            viewer = Viewer(actor="test", role=role)
            if role in entry.roles:
                assert guard(viewer) == "in", (entry.name, role)
            else:
                with pytest.raises(Forbidden):
                    guard(viewer)
            tried += 1
    assert tried > 500


class Guarded:
    """A stand-in view behind the same declaration."""

    def __init__(self, entry: endpoints.Endpoint) -> None:
        self.entry = entry

    def __call__(self, viewer: Viewer) -> str:
        request = RequestFactory().get("/")
        request.viewer = viewer  # type: ignore[attr-defined]
        view: Callable[..., Any] = endpoints._guard(self.entry, lambda request: "in")
        return str(view(request))


def test_the_matrix_of_the_product_is_written_down() -> None:
    """Rows exist for doors of every face, and only declared roles appear."""
    cells = scope.matrix()
    assert {cell.role for cell in cells} == {"", RESIDENT, *STAFF_ROLES}
    assert json.dumps([cell.endpoint for cell in cells])


@pytest.mark.parametrize("flow", all_flows(), ids=lambda flow: flow.name)
def test_every_arrow_names_known_roles_and_can_be_reached(flow: Any) -> None:
    known = {*STAFF_ROLES, RESIDENT, "system", "*"}
    for arrow in flow.transitions:
        assert {spec.split("@")[0] for spec in arrow.who} <= known, arrow.name
    reached = {flow.initial} | {arrow.to for arrow in flow.transitions if arrow.to != "="}
    assert reached == set(flow.by_state)


@pytest.mark.parametrize("flow", all_flows(), ids=lambda flow: flow.name)
def test_nothing_open_is_a_dead_end(flow: Any) -> None:
    for state in flow.states:
        if state.kind != "closed":
            assert any(arrow.to not in ("=", state.name) for arrow in flow.leaving(state.name)), state.name

"""PyPI's SensorThings client reads us over a real socket."""

from __future__ import annotations

import json
from datetime import datetime

import frost_sta_client as fsc

from gongbi.channels.devices import actions
from gongbi.channels.devices.actions.lane import Lane
from gongbi.kernel.scope.viewer import Viewer, system
from gongbi.parties import actions as parties
from gongbi.parties.models import Unit
from tests.support.server import served

from .conftest import row


def test_a_foreign_client_reads_it(own_database: str, now: datetime, community: str) -> None:
    """Sets, pages, expansions, filters, readings; the key goes as the password of basic authentication."""
    for number in range(5):
        actions.keep(f"GA-{number}", row(community), viewer=system("test"), at=now, synthetic=True)
    unit = Unit.objects.order_by("pk")[0]
    _key, secret = parties.make_key(
        name="读者",
        unit_id=unit.pk,
        channel="readers",
        at=now,
        viewer=system("test"),
        territories=[community[:6]],
    )
    lane = Lane("test", lambda: now)
    viewer = Viewer(actor="key:1", role="integrator", territories=(community[:6],))
    body = [{"device": "GA-0", "value": n, "at": now.timestamp() - 60 + n} for n in range(30)]
    actions.take(json.dumps(body).encode(), viewer=viewer, key="", at=now)
    lane.tick()
    lane.save()
    with served() as address:
        service = fsc.SensorThingsService(
            f"{address}/sensorthings/v1.1", auth_handler=fsc.AuthHandler("key", secret)
        )
        things = service.things().query().top(2).orderby("name", "asc").count().list()
        assert things.count == 5
        assert [thing.name for thing in things] == [f"GA-{n}" for n in range(5)]  # follows the next links
        stream = next(
            iter(service.datastreams().query().filter("name eq 'GA-0'").expand("Thing,Sensor").list())
        )
        assert (stream.thing.name, stream.sensor.name, stream.unit_of_measurement.symbol) == (
            "GA-0",
            "Gas",
            "%",
        )
        found = (
            stream.get_observations().query().filter("result ge 20").orderby("phenomenonTime", "desc").list()
        )
        assert [reading.result for reading in found] == list(range(29, 19, -1))
        place = next(iter(service.locations().query().top(1).list()))
        assert place.location["coordinates"] == [108.913, 34.265]
        again = service.things().find(stream.thing.id)
        assert again.properties["sign_number"] == "GS-1"

"""Grid workers with their phones, and devices with their gateway: those who meet the house outside."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from gongbi.ops.simulate import habits
from gongbi.ops.simulate.cast import Standing
from gongbi.ops.simulate.doors import Caller, TurnedAway
from gongbi.ops.simulate.house import House, picture
from gongbi.ops.simulate.plan import ZONE, Reading, Saying
from gongbi.science.rhythm import stream

_STEP = timedelta(minutes=90)  # between two looks at the phone
HEARTBEAT = timedelta(hours=1)


class GridWorker:
    """One worker of one grid: goes on duty, finds what the day's plan lays in the way, looks at what the desk asks, goes off duty."""

    lasting = True

    def __init__(self, house: House, standing: Standing) -> None:
        self.house, self.standing = house, standing
        self.name = f"grid:{standing.territory}"
        self.found: list[Saying] = []
        self.shift = ""

    def lay(self, sayings: Sequence[Saying]) -> None:
        """What will be found today, in the order of its time."""
        self.found = [*self.found, *sayings]

    def turn(self, at: datetime) -> datetime | None:
        local = at.astimezone(ZONE)
        begins = datetime.combine(local.date(), habits.SHIFT[0], ZONE)
        ends = datetime.combine(local.date(), habits.SHIFT[1], ZONE)
        if local < begins:
            return begins
        caller = self.house.session(self.standing.login)
        caller.get("/api/field/me")
        if not self.shift and local < ends:
            self.shift = f"simulated-{local:%Y%m%d}-{self.standing.territory}"
            body = {"key": self.shift, "at": at.isoformat()}
            self.house.post("shift", caller, "/api/field/shifts", body)
        while self.found and self.found[0].at <= at:
            self._enter(caller, self.found.pop(0), at)
        self._tasks(caller, at)
        if local >= ends:
            if self.shift:
                where = {"at": at.isoformat()}
                self.house.post("shift_over", caller, f"/api/field/shifts/{self.shift}/stop", where)
                self.shift = ""
            return begins + timedelta(days=1)
        upcoming = self.found[0].at if self.found else ends
        return min(max(upcoming, at + timedelta(minutes=1)), at + _STEP, ends)

    def _enter(self, caller: Caller, said: Saying, at: datetime) -> None:
        """What was found, with its picture: dealt with there and then, or reported."""
        house = self.house
        key = f"simulated-{at.year}-{said.key}"
        shown = self._photo(caller, key, at, said)
        solved = said.on_spot and shown
        body: dict[str, Any] = {
            "key": key, "sort": "report", "at": at.isoformat(), "lon": said.lon, "lat": said.lat, "note": said.text, "seconds": 40,
            "photos": [key] if shown else [], "matter": {"text": said.text, "kind": said.kind, "did": "solved" if solved else "report"},
        }  # fmt: skip
        what = "field.solved" if solved else "field.report"
        got = house.post(what, caller, "/api/field/entries", body)
        if got is None and solved:
            body["matter"]["did"] = "report"
            got = house.post("field.report", caller, "/api/field/entries", body)
        if got is not None:
            name = "checker" if solved else "dispatcher"
            house.knock(name, at + habits.reaction(house.cast.seed, name, said.key, 12.0))

    def _photo(self, caller: Caller, key: str, at: datetime, said: Saying) -> bool:
        content = picture(self.house.cast.seed, key)
        facts = {
            "key": key, "digest": hashlib.sha256(content).hexdigest(), "size": len(content), "taken_at": at.isoformat(),
            "lon": said.lon, "lat": said.lat,
        }  # fmt: skip
        there = self.house.post("photo", caller, "/api/field/photos", facts)
        if there is None:
            return False
        answer = caller.ask("PUT", f"/api/field/photos/{key}?offset=0", content, "application/octet-stream")
        if answer.status != 200:
            self.house.tally_refusal(TurnedAway("photo", answer), "photo")
            return False
        return bool(answer.json()["done"])

    def _tasks(self, caller: Caller, at: datetime) -> None:
        """What the desk asks to look at."""
        if not self.shift:
            return
        for task in caller.get("/api/field/bundle")["tasks"]:
            place = f"/api/field/tasks/{task['id']}"
            if task["state"] == "offered":
                self.house.post("task.accept", caller, f"{place}/accept", {})
            dice = stream(self.house.cast.seed, "task", task["number"])
            verdict = (
                ("untrue" if dice.random() < habits.UNTRUE else "true")
                if task["purpose"] == "verify"
                else "solved"
            )
            body = {"key": f"simulated-task-{task['id']}", "verdict": verdict, "finding": "已到现场查看。"}
            self.house.post("task.report", caller, f"{place}/report", body)


class Gateway:
    """All devices of one gateway: a calm reading of each every hour, and what the day's plan lets them measure."""

    name = "gateway"
    lasting = True

    def __init__(self, house: House) -> None:
        self.house = house
        self.planned: list[Reading] = []
        self.beat: datetime | None = None
        self.number = 0

    def lay(self, readings: Sequence[Reading]) -> None:
        """What will be measured, in the order of its time."""
        self.planned = sorted([*self.planned, *readings], key=lambda one: one.at)

    def turn(self, at: datetime) -> datetime | None:
        said: list[dict[str, Any]] = []
        busy = {one.device for one in self.planned[:1]}
        while self.planned and self.planned[0].at <= at:
            one = self.planned.pop(0)
            busy.add(one.device)
            said.append(self._reading(one.device, one.value, one.at))
        if self.beat is None or at >= self.beat:
            self.beat = at + HEARTBEAT
            for device in self.house.cast.devices:
                if device not in busy:
                    value = round(0.01 + 0.01 * float(stream(self.house.cast.seed, device, at).random()), 3)
                    said.append(self._reading(device, value, at))
        caller = self.house.program("devices")
        if said:
            self.house.post("readings", caller, "/api/devices/readings", {"readings": said})
        if self.planned:
            return min(self.beat, self.planned[0].at)
        return self.beat

    def _reading(self, device: str, value: float, at: datetime) -> dict[str, Any]:
        self.number += 1
        return {"device": device, "value": value, "at": at.isoformat(), "seq": self.number}

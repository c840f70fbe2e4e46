"""Residents, the desk, handlers, checkers, clerks: each does what its own login or link lets it see and do, at its own pace."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from gongbi.ops.simulate import habits
from gongbi.ops.simulate.cast import Standing
from gongbi.ops.simulate.house import House, picture
from gongbi.ops.simulate.plan import ZONE, Saying, rhythms
from gongbi.science.rhythm import lasting, stream

LOOKS = 8  # how often a resident looks before letting it be
ROUND = timedelta(hours=1)  # a desk looks at its lists at least so often
_OVER = ("judged", "rejected", "merged", "answered")


class Resident:
    """Somebody who says one thing, looks now and then, answers, judges, and may say that it is still there."""

    lasting = False

    def __init__(self, house: House, said: Saying) -> None:
        self.house, self.said = house, said
        self.name = f"resident:{said.key}"
        self.link, self.looks = "", 0
        self.dice = stream(house.cast.seed, "resident", said.at.year, said.key)

    def turn(self, at: datetime) -> datetime | None:
        if not self.link:
            return self._say(at)
        return self._look(at)

    def _say(self, at: datetime) -> datetime | None:
        said, house = self.said, self.house
        body: dict[str, Any] = {"text": said.text, "lon": said.lon, "lat": said.lat}
        if said.planted:
            body["kind"] = said.kind
        if said.channel == "open311" and self._another_system(at):
            return None  # that system's own number is all they have
        once = f"simulated-{said.at.year}-{said.key}"
        if said.channel == "hotline":
            clerk = house.session("clerk")
            body |= {"phone": f"1380000{int(self.dice.random() * 10_000):04d}", "name": "模拟来电人"}
            got = house.post("report.hotline", clerk, "/api/reports", body, once=once)
        else:
            got = house.post("report.web", house.visitor(), "/api/reports", body, once=once)
        if got is None:
            house.leave(self.name)
            return None
        self.link = got["link"]
        house.knock("dispatcher", at + habits.reaction(house.cast.seed, "desk", said.key, 6.0))
        return at + timedelta(hours=max(1.0, said.patience))

    def _another_system(self, at: datetime) -> bool:
        """Through the city's other application; where its form asks what they cannot answer, they take the web."""
        said, house = self.said, self.house
        fields = {
            "service_code": said.kind, "description": said.text, "lat": str(said.lat), "long": str(said.lon),
            "external_id": f"SIM-{said.at.year}-{said.key}",
        }  # fmt: skip
        got = house.form("report.open311", house.program("open311"), "/open311/v2/requests.json", fields)
        if got is None:
            return False
        house.knock("dispatcher", at + habits.reaction(house.cast.seed, "desk", said.key, 8.0))
        house.leave(self.name)
        return True

    def _look(self, at: datetime) -> datetime | None:
        house, here = self.house, f"/api/reports/{self.link}"
        self.looks += 1
        told = house.visitor().get(here)
        for question in told["questions"]:
            answer = {"question": question["id"], "text": "就在" + rhythms()["where"][self.looks % 10]}
            house.post("answer", house.visitor(), f"{here}/answer", answer)
        if told["may_judge"]:
            self._judge(here, told, at)
            self._done()
            return None
        if told["state"] in _OVER or self.looks >= LOOKS:
            self._done()
            return None
        return at + timedelta(hours=max(1.0, self.said.patience))

    def _judge(self, here: str, told: dict[str, Any], at: datetime) -> None:
        house, said = self.house, self.said
        if not said.judges:
            return
        hours = (at - said.at).total_seconds() / 3600
        messy = any(event["step"] == "rework" for event in told["timeline"])
        given = habits.grade(said.mood, late=hours > 120, messy=messy, hours=hours)
        if told["may_reopen"] and given <= 2 and self.dice.random() < 0.35:
            again = {"reason": "和之前一样，问题还在。"}
            if house.post("reopen", house.visitor(), f"{here}/reopen", again) is not None:
                return
        body = {"solved": given > 2, "grade": given}
        house.post("judge", house.visitor(), f"{here}/judge", body)

    def _done(self) -> None:
        self.house.leave(self.name)


class Desk:
    """A dispatcher: takes what came in as the machine proposes it, and passes it on."""

    lasting = True

    def __init__(self, house: House, login: str = "dispatcher") -> None:
        self.house, self.login, self.name = house, login, login
        self.units: dict[str, int] = {}

    def turn(self, at: datetime) -> datetime | None:
        house = self.house
        caller = house.session(self.login)
        if not self.units:
            self.units = {one["code"]: one["id"] for one in caller.get("/api/units")}
        for found in caller.get("/api/cases?tab=accept&size=200")["cases"]:
            self._accept(found, at)
        for found in caller.get("/api/cases?tab=dispatch&size=200")["cases"]:
            self._pass_on(caller.get(f"/api/cases/{quote(found['number'])}"), at)
        for found in caller.get("/api/cases?tab=requests&size=50")["cases"]:
            self._decide(found)
        return at + ROUND

    def _accept(self, found: dict[str, Any], at: datetime) -> None:
        house = self.house
        caller = house.session(self.login)
        case = caller.get(f"/api/cases/{quote(found['number'])}")
        place = f"/api/cases/{quote(found['number'])}"
        dice = stream(house.cast.seed, "accept", known_as(found))
        if case["channel"] != "device" and dice.random() < habits.UNTRUE:
            body: dict[str, Any] = {
                "ground": "untrue",
                "reason": "现场核实，未发现所述情况。",
                "version": case["version"],
            }
            house.post("reject", caller, f"{place}/reject", body)
            return
        kinds = [one["code"] for one in case["proposal"].get("kinds", [])]
        kind = case["kind"] or (kinds[0] if kinds else "E0110")
        body = {"kind": kind, "version": case["version"]}
        if not case["territory"]:
            body["division"] = house.cast.shape.grids[0].code[:12]
        house.post("accept", caller, f"{place}/accept", body)

    def _pass_on(self, case: dict[str, Any], at: datetime) -> None:
        house = self.house
        caller = house.session(self.login)
        code = lead(case["proposal"].get("route") or {}, case["territory"])
        unit = code if code in self.units else case["territory"][:9]
        body = {"unit": self.units[unit], "version": case["version"]}
        number = quote(case["number"])
        if house.post("dispatch", caller, f"/api/cases/{number}/dispatch", body) is not None:
            house.knock(f"unit:{unit}", at + habits.reaction(house.cast.seed, unit, known_as(case), 25.0))

    def _decide(self, found: dict[str, Any]) -> None:
        """What handlers ask for is granted where the case says that something is asked for."""
        caller = self.house.session(self.login)
        number = quote(found["number"])
        case = caller.get(f"/api/cases/{number}")
        if any(step["name"].startswith("grant_") and step["enabled"] for step in case["steps"]):
            body = {"granted": True, "version": case["version"]}
            self.house.post("decide", caller, f"/api/cases/{number}/decide", body)


def known_as(case: dict[str, Any]) -> str:
    """What a matter's chances are drawn from: where and when it was said, not its number, which another database counts otherwise."""
    return f"{case['opened_at']} {case['lon']} {case['lat']} {case['title']}"


def lead(route: dict[str, Any], territory: str) -> str:
    """The code of the unit that a proposed route names: a department's, or that of the street or community of the place."""
    code = str(route.get("unit_code") or route.get("lead") or "").rpartition(":")[2]
    return {"street": territory[:9], "community": territory[:12]}.get(code, code)


class Crew:
    """A unit's handler with so many crews: signs for what came, works the nearest deadline first, shows what was done."""

    lasting = True

    def __init__(self, house: House, standing: Standing, crews: int) -> None:
        self.house, self.standing, self.crews = house, standing, crews
        self.name = f"unit:{standing.unit}"
        self.at_work: dict[str, datetime] = {}
        self.medians = {one["code"]: (one["needs"], one["spread"]) for one in rhythms()["kinds"]}

    def turn(self, at: datetime) -> datetime | None:
        caller = self.house.session(self.standing.login)
        for number in [number for number, end in self.at_work.items() if end <= at]:
            del self.at_work[number]
            self._finish(number, at)
        for found in caller.get("/api/cases?tab=sign&size=200")["cases"]:
            body = {"version": found["version"]}
            number = quote(found["number"])
            self.house.post("sign", caller, f"/api/cases/{number}/sign", body)
        waiting = [
            one
            for one in caller.get("/api/cases?tab=handle&size=200")["cases"]
            if one["number"] not in self.at_work
        ]
        for found in waiting:
            urgent = habits.urgent_limit(found["limit"])
            open_now = habits.opening(at) == at
            if len(self.at_work) >= self.crews or not (urgent or open_now):
                continue
            self.at_work[found["number"]] = self._end(found, at, urgent)
        ends = [end for end in self.at_work.values() if end > at]
        if ends:
            return min(ends)
        return max(habits.opening(at), at + ROUND) if waiting else at + 12 * ROUND

    def _end(self, found: dict[str, Any], at: datetime, urgent: bool) -> datetime:
        median, spread = self.medians.get(found["kind"], (4.0, 1.0))
        dice = stream(self.house.cast.seed, "work", known_as(found), found["reworks"])
        return habits.work_end(at, lasting(dice, median, spread), urgent=urgent)

    def _finish(self, number: str, at: datetime) -> None:
        house = self.house
        caller = house.session(self.standing.login)
        place = f"/api/cases/{quote(number)}"
        case = caller.get(place)
        if case["state"] != "handling":
            return
        ticket = caller.photo(picture(house.cast.seed, known_as(case), case["reworks"]))
        body = {"result": "已到现场处理完毕，恢复正常。", "photos": [ticket], "version": case["version"]}
        if house.post("finish", caller, f"{place}/finish", body) is not None:
            house.knock("checker", at + habits.reaction(house.cast.seed, "checker", known_as(case), 14.0))


class Checker:
    """Looks at what is said to be done; most of it is."""

    name = "checker"
    lasting = True

    def __init__(self, house: House) -> None:
        self.house = house
        self.units: dict[int, str] = {}

    def _unit(self, key: int) -> str:
        if not self.units:
            told = self.house.session("checker").get("/api/units")
            self.units = {one["id"]: one["code"] for one in told}
        return self.units.get(key, "")

    def turn(self, at: datetime) -> datetime | None:
        house, caller = self.house, self.house.session("checker")
        for found in caller.get("/api/cases?tab=check&size=200")["cases"]:
            number = quote(found["number"])
            dice = stream(house.cast.seed, "check", known_as(found), found["reworks"])
            if dice.random() < habits.MESSY and found["reworks"] < 2:
                body = {"reason": "现场还没有恢复，请再处理。", "version": found["version"]}
                if house.post("rework", caller, f"/api/cases/{number}/rework", body) is not None:
                    house.knock(f"unit:{self._unit(found['unit_id'])}", at + ROUND / 2)
                continue
            body = {"finding": "现场核查，已经解决。", "version": found["version"]}
            done = house.post("confirm", caller, f"/api/cases/{number}/confirm", body)
            if done is not None and done["state"] == "checked":
                house.knock("clerk", at + habits.reaction(house.cast.seed, "clerk", known_as(found), 90.0))
        return at + ROUND


class Clerk:
    """Calls back those who rang, between nine and eight."""

    name = "clerk"
    lasting = True

    def __init__(self, house: House) -> None:
        self.house = house

    def turn(self, at: datetime) -> datetime | None:
        caller = self.house.session("clerk")
        if not 9 <= at.astimezone(ZONE).hour < 20:
            return habits.opening(at) + ROUND
        for found in caller.get("/api/cases?tab=callback&size=200")["cases"]:
            self._call(caller.get(f"/api/cases/{quote(found['number'])}"))
        return at + 2 * ROUND

    def _call(self, case: dict[str, Any]) -> None:
        house, caller = self.house, self.house.session("clerk")
        number = quote(case["number"])
        dice = stream(house.cast.seed, "call", known_as(case))
        for report in case["report_keys"]:
            body = {"report": report, "outcome": "reached" if dice.random() < 0.8 else "unreachable"}
            if house.post("call_back", caller, f"/api/cases/{number}/call-back", body) is None:
                return

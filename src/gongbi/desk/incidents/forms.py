"""One small form for each thing that is done inside an incident."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from gongbi.desk.forms.base import pair
from gongbi.desk.incidents.acting import (
    ActForm,
    ArchiveForm,
    EndForm,
    LevelForm,
    PlanForm,
    RespondForm,
    ResumeForm,
    ReviewForm,
    VoidForm,
    line,
    number_of,
    words_of,
)
from gongbi.incidents import actions, catalogue, queries, words
from gongbi.incidents.models import AlertMessage
from gongbi.kernel.errors import NotThere
from gongbi.look.templatetags.look import said
from gongbi.territory import queries as territory

T = words.TEXTS
HOURS = (2, 6, 12, 24, 48, 72)


class TaskForm(ActForm):
    """A task beside the plan's."""

    labels = {"title": "task", "role": "role", "unit": "unit", "minutes": "minutes"}
    title = line(160)
    role = forms.ChoiceField()
    unit = forms.ChoiceField(required=False)
    minutes = forms.IntegerField(min_value=0, max_value=10080, initial=30)

    def prepare(self) -> None:
        self.choose("role", [pair(code, text) for code, text in catalogue.ROLES.items()], "site")
        self.units("unit", self.names.unit(self.incident.unit_id) or "—")

    def act(self) -> Any:
        data = self.cleaned_data
        return actions.set_task(
            title=data["title"], role=data["role"], minutes=data["minutes"], unit_id=number_of(data["unit"]),
            request=self.asked_for, **self.given(),
        )  # fmt: skip


class SettleForm(ActForm):
    """Done, or not needed."""

    labels = {"note": "reason"}
    task = forms.IntegerField(widget=forms.HiddenInput)
    dropped = forms.BooleanField(required=False, widget=forms.HiddenInput)
    note = words_of(2, 500, required=False)

    def act(self) -> Any:
        data = self.cleaned_data
        return actions.settle_task(
            task_id=data["task"], note=data["note"], dropped=data["dropped"], **self.given()
        )


class NoteForm(ActForm):
    """A line of the log, or the correction of one."""

    labels = {"text": "note_text", "sort": "entry"}
    corrects = forms.IntegerField(widget=forms.HiddenInput, required=False)
    text = words_of(3, 1000)
    sort = forms.ChoiceField(required=False)

    def prepare(self) -> None:
        entries = [pair(code, text) for code, text in catalogue.ENTRIES.items() if code != "correction"]
        self.choose("sort", entries, "seen")
        self.line = number_of(self.asked.get("corrects", ""))
        if self.line is not None:
            self.fields["corrects"].initial = self.line
            del self.fields["sort"]

    def act(self) -> Any:
        data = self.cleaned_data
        return actions.note(
            text=data["text"], sort=data.get("sort") or "seen", corrects=data["corrects"], request=self.asked_for, **self.given()
        )  # fmt: skip


class AlertForm(ActForm):
    """A first alert, or with ``previous`` an update of one."""

    labels = {
        name: name
        for name in ("headline", "description", "instruction", "areas", "level", "urgency", "certainty", "hours",
                     "headline_en", "description_en", "instruction_en")
    } | {"level": "alert_level"}  # fmt: skip
    refused_at = {"expires": "hours"}
    previous = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)
    headline = line(140)
    description = words_of(3, 2000)
    instruction = words_of(2, 2000, required=False)
    # Whether there is one is the room's to say, in its own words.
    areas = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, required=False)
    level = forms.ChoiceField(widget=forms.RadioSelect)
    urgency = forms.ChoiceField()
    certainty = forms.ChoiceField()
    hours = forms.TypedChoiceField(coerce=int)
    headline_en = line(140, required=False)
    description_en = words_of(2, 2000, required=False)
    instruction_en = words_of(2, 2000, required=False)

    def prepare(self) -> None:
        one, event = self.incident, catalogue.EVENTS[self.incident.kind]
        self.before = self._before()
        level = self.before.level if self.before else one.level
        self.fields["previous"].initial = self.before.identifier if self.before else ""
        self.choose(
            "level",
            [pair(str(number), text) for number, text in words.COLOURED.items()],
            str(level),
        )
        self.choose("urgency", [pair(code, text) for code, text in catalogue.URGENCY.items()], "Immediate")
        self.choose("certainty", [pair(code, text) for code, text in catalogue.CERTAINTY.items()], "Observed")
        self.choose("hours", [(str(hours), str(hours)) for hours in HOURS], "6")
        self.choose("areas", self._areas(), self.before.areas if self.before else self._home())
        place = one.place_words or self.names.place(one.territory)
        self.fields["headline"].initial = f"{place}{event.words[0]}"
        self.fields["description"].initial = one.summary
        self.fields["instruction"].initial, self.fields["instruction_en"].initial = event.told

    def _before(self) -> AlertMessage | None:
        wanted = (self.data.get("previous") if self.is_bound else None) or self.asked.get("previous", "")
        if not wanted:
            return None
        found = next(
            (one for one in queries.alerts(self.incident, self.viewer) if one.identifier == wanted), None
        )
        if found is None:
            raise NotThere("incidents.alert", ("没有这条预警信息。", "There is no such alert."))
        return found

    def _home(self) -> list[str]:
        code = self.incident.territory
        return [code[:12]] if len(code) >= 12 else [code] if len(code) == 9 else []

    def _areas(self) -> list[tuple[str, str]]:
        """Streets and the communities of the street where it is, then the grid itself."""
        streets = [one for one in territory.divisions(level="street", on=self.now) if self._mine(one.code)]
        inside = (
            territory.children(self.incident.territory[:9], on=self.now)
            if len(self.incident.territory) >= 9
            else []
        )
        found = [(one.code, one.name) for one in [*streets, *inside] if self._mine(one.code)]
        more = [code for code in (self.before.areas if self.before else ()) if code not in dict(found)]
        return found + [(code, self.names.place(code) or code) for code in more]

    def _mine(self, code: str) -> bool:
        return self.viewer.covers(code)

    def act(self) -> Any:
        data = self.cleaned_data
        wording = actions.Wording(
            **{name: data[name] for name in ("headline", "description", "instruction", "headline_en", "description_en",
                                             "instruction_en")}
        )  # fmt: skip
        return actions.issue(
            wording=wording, areas=data["areas"], level=int(data["level"]), expires_at=self.now + timedelta(hours=data["hours"]),
            urgency=data["urgency"], certainty=data["certainty"], previous=data["previous"], **self.given(),
        )  # fmt: skip


class CancelForm(ActForm):
    """Why an alert is lifted."""

    labels = {"description": "why_lifted"}
    previous = forms.CharField(widget=forms.HiddenInput, max_length=80)
    description = words_of(3, 500)

    def prepare(self) -> None:
        self.fields["previous"].initial = self.asked.get("previous", "")

    def act(self) -> Any:
        data = self.cleaned_data
        last = next(
            (one for one in queries.alerts(self.incident, self.viewer) if one.identifier == data["previous"]),
            None,
        )
        head = (last.headline if last else self.incident.title).removeprefix("【演练】")
        english = (last.headline_en if last else self.incident.title).removeprefix("[EXERCISE] ")
        wording = actions.Wording(
            headline=f"解除：{head}"[:140], description=data["description"], headline_en=f"Lifted: {english}"[:140],
            instruction="预警已经解除。", instruction_en="The alert is lifted.",
        )  # fmt: skip
        return actions.issue(
            wording=wording, areas=(), level=self.incident.level, expires_at=self.now, previous=data["previous"], cancel=True,
            **self.given(),
        )  # fmt: skip


class MoveForm(ActForm):
    """What is moved, and how much."""

    labels = {"sort": "what", "stock": "item", "amount": "amount"}
    sort = forms.ChoiceField(widget=forms.RadioSelect)
    stock = forms.ChoiceField()
    amount = forms.IntegerField(min_value=1, max_value=1_000_000)

    def prepare(self) -> None:
        self.choose(
            "sort",
            [pair(code, text) for code, text in catalogue.MOVES.items()],
            self.asked.get("sort", "hand_out"),
        )
        there = queries.stock(self.viewer, near=self.incident.territory)
        self.choose("stock", [(str(one.pk), self.stock_line(one)) for one in there], self.asked.get("stock"))

    @staticmethod
    def stock_line(one: Any) -> str:
        return f"{said(one.store.words)} · {said(catalogue.ITEMS[one.item])} · {said(T['free'])} {one.free}"

    def act(self) -> Any:
        data = self.cleaned_data
        return actions.move(
            sort=data["sort"],
            stock_id=int(data["stock"]),
            amount=data["amount"],
            request=self.asked_for,
            **self.given(),
        )


class PersonForm(ActForm):
    """Who needs help: no more than the help needs."""

    labels = {
        "name": "name",
        "phone": "phone",
        "door": "door",
        "need": "need",
        "store": "shelter",
        "note": "person_note",
    }
    need = forms.ChoiceField(widget=forms.RadioSelect)
    name = line(60)
    phone = line(40, required=False)
    door = line(120, required=False)
    store = forms.ChoiceField(required=False)
    note = line(200, required=False)

    def prepare(self) -> None:
        self.choose("need", [pair(code, text) for code, text in catalogue.NEEDS.items()], "sheltered")
        shelters = [one for one in queries.stores(self.viewer) if one.sort == "shelter" and one.open]
        self.choose("store", [("", "—"), *((one.code, said(one.words)) for one in shelters)])
        for name in ("name", "phone", "door", "note"):
            self.fields[name].seen_by = "sealed"  # type: ignore[attr-defined]

    def act(self) -> Any:
        data = self.cleaned_data
        person = actions.Person(
            **{name: data[name] for name in ("name", "need", "phone", "door", "note", "store")}
        )
        return actions.register(person=person, **self.given())


class KeepForm(ActForm):
    """Whose data outlives the emergency, why, how guarded, until when."""

    labels = {"people": "whose", "necessity": "necessity", "measures": "measures", "until": "until"}
    people = forms.TypedMultipleChoiceField(coerce=int, widget=forms.CheckboxSelectMultiple, required=False)
    necessity = words_of()
    measures = words_of()
    until = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))

    def prepare(self) -> None:
        there = queries.people(self.incident, self.viewer)
        self.choose(
            "people",
            [(str(one.pk), f"{one.name.masked} · {said(catalogue.NEEDS[one.need])}") for one in there],
        )
        self.fields["until"].initial = timezone.localdate(self.now) + timedelta(days=30)

    def act(self) -> Any:
        data = self.cleaned_data
        return actions.keep(
            people=data["people"],
            necessity=data["necessity"],
            measures=data["measures"],
            until=data["until"],
            **self.given(),
        )


# Steps of the flow, then what happens inside.
STEPS: dict[str, type[ActForm]] = {
    "respond": RespondForm, "set_level": LevelForm, "end": EndForm, "resume": ResumeForm, "review": ReviewForm,
    "archive": ArchiveForm, "void": VoidForm,
}  # fmt: skip
INSIDE: dict[str, tuple[str, type[ActForm]]] = {
    "plan": ("start_plan", PlanForm), "task": ("set_task", TaskForm), "settle": ("settle_task", SettleForm),
    "note": ("note", NoteForm), "alert": ("alert", AlertForm), "cancel_alert": ("alert", CancelForm), "move": ("move_stock", MoveForm),
    "register": ("register", PersonForm), "keep": ("keep_data", KeepForm),
}  # fmt: skip
HEADINGS = {
    "plan": "start", "task": "set_task", "settle": "drop", "note": "note", "alert": "alert", "cancel_alert": "cancel_alert",
    "move": "move", "register": "register", "keep": "keep",
}  # fmt: skip

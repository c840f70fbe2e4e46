"""What the dispatcher fills in: accept, reject, ask, merge, split, dispatch, decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from gongbi.cases import actions, queries, rules
from gongbi.cases.queries.reading import twins_for
from gongbi.desk.forms import choices
from gongbi.desk.forms.base import pair
from gongbi.desk.forms.step import ReportChoice, StepForm, contests_of, report_line, words
from gongbi.duties import queries as duties
from gongbi.kernel.clock import engine, limits
from gongbi.kernel.clock.queries import current_calendar
from gongbi.kernel.errors import Refused
from gongbi.look.templatetags.look import said

LIST_WORDS = {"perform": ("履职", "perform"), "actfor": ("代办", "act for"), "assist": ("协办", "assist")}


class AcceptForm(StepForm):
    """Kind, filing condition, place. The machine's proposal is chosen already; anything else may be."""

    template = "desk/steps/accept.html"
    refused_at: ClassVar[Mapping[str, str]] = {"lon": "division"}
    kind = forms.CharField(label=_("Kind"), required=False, max_length=8)
    kind_words = forms.CharField(label=_("Another kind: name or code"), required=False, max_length=40)
    standard = forms.ChoiceField(label=_("Filing condition"), required=False)
    division = forms.ChoiceField(label=_("Community"), required=False)
    lon = forms.FloatField(required=False, min_value=-180, max_value=180)
    lat = forms.FloatField(required=False, min_value=-90, max_value=90)

    @staticmethod
    def starts(case: Any) -> dict[str, Any]:
        return {"kind": case.kind, "standard": case.standard, "division": case.territory[:12]}

    def prepare(self) -> None:
        self.found: list[Any] = []
        code = str(self["kind"].value() or "")
        known = [("", _("The machine chooses by the words"))]
        standards = choices.standard_choices(code, self.now) if code else []
        typed = self.data.get("standard", "") if self.is_bound else ""
        # A choice of another kind is said to be one, not "not a choice": it stays in the list.
        foreign = [(typed, typed)] if typed and typed not in dict(standards) else []
        self.fields["standard"].choices = known + standards + foreign  # type: ignore[attr-defined]
        nowhere = [("", _("As proposed") if self.case.territory else _("Choose"))]
        self.fields["division"].choices = nowhere + choices.communities(self.viewer, self.now)  # type: ignore[attr-defined]

    def offers(self) -> list[dict[str, Any]]:
        """The kinds to choose among: the three proposed with why, then what was typed for."""
        chosen = str(self["kind"].value() or "")
        shown: list[dict[str, Any]] = [
            {
                "code": guess["code"],
                "name": self.names.kind(guess["code"]),
                "percent": round(100 * guess["probability"]),
                "words": guess["words"],
                "unsure": guess["abstained"],
            }
            for guess in self.case.proposal.get("kinds", [])
        ]
        for kind in self.found:
            if kind.code not in [one["code"] for one in shown]:
                shown.append({"code": kind.code, "name": kind.name})
        if chosen and chosen not in [one["code"] for one in shown]:
            shown.append({"code": chosen, "name": self.names.kind(chosen)})
        return [{**one, "chosen": one["code"] == chosen} for one in shown]

    def clean(self) -> dict[str, Any]:
        good = super().clean() or {}
        typed = (good.get("kind_words") or "").strip()
        # The choices for these words were on the page: what is chosen among all of them counts.
        shown = typed and typed == self.data.get("kind_for", "").strip() and good.get("kind")
        if shown:
            self.found = choices.find_kinds(typed, now=self.now)
        elif typed:
            named = choices.exact_kind(typed, now=self.now)
            self.found = [named] if named else choices.find_kinds(typed, now=self.now)
            if named:
                good["kind"] = named.code
            elif good.get("kind") not in [kind.code for kind in self.found]:
                said_ = _("Choose one of these kinds.") if self.found else _("No kind is called like that.")
                self.add_error("kind_words", said_)
        elif not good.get("kind"):
            self.add_error("kind_words", _("Choose a kind, or type the name of one."))
        chosen, standard = good.get("kind"), good.get("standard")
        if chosen and standard and duties.standard(standard, chosen, on=self.now) is None:
            self.add_error(
                "standard", _("This condition belongs to another kind. Choose one of the chosen kind.")
            )
            known = choices.standard_choices(chosen, self.now)
            self.fields["standard"].choices = [("", _("The machine chooses by the words")), *known]  # type: ignore[attr-defined]
        if (good.get("lon") is None) != (good.get("lat") is None):
            self.add_error(
                "division", _("The point on the map is incomplete. Set it again, or choose a community.")
            )
        return good

    def act(self) -> Any:
        good = self.cleaned_data
        division = good["division"]
        pinned = good["lon"] is not None
        if division == self.case.territory[:12]:
            division = ""  # as it is: a grid that is known is not made coarser
        return actions.accept(
            **self.seen(), kind=good["kind"], standard=good["standard"], division="" if pinned else division,
            lon=good["lon"], lat=good["lat"],
        )  # fmt: skip


class RejectForm(StepForm):
    """Only for a lawful ground; the article stands beside each."""

    ground = forms.ChoiceField(label=_("Lawful ground"), widget=forms.RadioSelect)
    reason = words(_("What the reporter is told"), hint=_("One or two sentences without officialese."))

    def prepare(self) -> None:
        self.fields["ground"].choices = [  # type: ignore[attr-defined]
            (code, f"{said((zh, en))} · {article}")
            for code, (zh, en, article) in rules.REJECTION_GROUNDS.items()
        ]

    def act(self) -> Any:
        return actions.reject(
            **self.seen(), ground=self.cleaned_data["ground"], reason=self.cleaned_data["reason"]
        )


class ClarifyForm(ReportChoice):
    """A question back; the clock waits."""

    question = words(
        _("Your question"), hint=_("The clock waits until the answer or the end of the term."), most=1000
    )

    def act(self) -> Any:
        good = self.cleaned_data
        return actions.clarify(**self.seen(), question=good["question"], report_id=good["report"])


class AskForm(ClarifyForm):
    """The same from the unit that handles it."""

    def act(self) -> Any:
        good = self.cleaned_data
        return actions.ask(**self.seen(), question=good["question"], report_id=good["report"])


class MergeForm(StepForm):
    """Into one of the twins, or into any open case by its number."""

    template = "desk/steps/merge.html"
    twin = forms.ChoiceField(label=_("Alike and open"), widget=forms.RadioSelect, required=False)
    into = forms.CharField(label=_("Or the number of another case"), required=False, max_length=40)

    def prepare(self) -> None:
        self.twins = twins_for(self.case, self.viewer, at=self.now)
        known = {one.pk: one for one in queries.case_list(self.viewer, [twin.case_id for twin in self.twins])}
        self.fields["twin"].choices = [  # type: ignore[attr-defined]
            (str(twin.case_id), f"{known[twin.case_id].number} · {twin.title}")
            for twin in self.twins
            if twin.case_id in known
        ]

    def clean(self) -> dict[str, Any]:
        good = super().clean() or {}
        if good.get("into"):
            try:
                self.target = queries.case_by_number(good["into"], self.viewer).pk
            except Refused as refusal:
                self.add_error("into", refusal.message)
        elif good.get("twin"):
            self.target = int(good["twin"])
        else:
            self.add_error("into", _("Choose a case, or type its number."))
        return good

    def act(self) -> Any:
        return actions.merge(**self.seen(), into_id=self.target)


class ReasonForm(StepForm):
    """A step that needs nothing but its reason."""

    reason = words(_("Reason"))


class UnmergeForm(ReasonForm):
    """Take a merged case out again."""

    def act(self) -> Any:
        return actions.unmerge(**self.seen(), reason=self.cleaned_data["reason"])


class SendBackForm(ReasonForm):
    """Accepted too early: back to the acceptors."""

    def act(self) -> Any:
        return actions.send_back(**self.seen(), reason=self.cleaned_data["reason"])


class SplitForm(StepForm):
    """Some reports leave, or one report names a second matter."""

    reports = forms.TypedMultipleChoiceField(
        label=_("Reports that leave"), coerce=int, widget=forms.CheckboxSelectMultiple, required=False
    )
    text = words(_("Or: the second matter, in its own words"), required=False)

    def prepare(self) -> None:
        mine = list(self.case.reports.order_by("id"))
        if len(mine) < 2:
            del self.fields["reports"]
            self.fields["text"].label = _("The second matter, in its own words")
            self.fields["text"].required = True  # a single report cannot leave: there is nothing else to say
        else:
            self.fields["reports"].choices = [(str(r.pk), report_line(r)) for r in mine]  # type: ignore[attr-defined]

    def act(self) -> Any:
        good = self.cleaned_data
        return actions.split(**self.seen(), reports=good.get("reports", []), text=good["text"])


class DispatchForm(StepForm):
    """One lead, any co-handlers, the duty item and the limit. What a unit said that sent it back stands above, and it is not
    proposed to that unit again: whom it named is, or nobody.
    """

    template = "desk/steps/dispatch.html"
    unit = forms.TypedChoiceField(label=_("Lead unit"), coerce=int)
    co_units = forms.TypedMultipleChoiceField(
        label=_("Co-handlers"), coerce=int, widget=forms.CheckboxSelectMultiple, required=False
    )
    duty_item = forms.ChoiceField(label=_("Duty item"), required=False)
    limit = forms.CharField(
        label=_("Limit"),
        required=False,
        max_length=40,
        help_text=_("For example 5工作日, 4工作时, 24小时连续, 10天."),
    )

    @staticmethod
    def starts(case: Any) -> dict[str, Any]:
        return {"limit": case.limit}

    def prepare(self) -> None:
        case, route = self.case, self.case.proposal.get("route") or {}
        proposed = [choices.selector_code(route.get("unit") or route.get("lead", ""))]
        near = [case.territory[:9], case.territory[:12]] if case.territory else []
        helpers = [choices.selector_code(co) for co in route.get("co", [])]
        self.contests = contests_of(case, self.names)
        against = {contest.unit for contest in self.contests}
        named = [
            self.names.units[contest.proposed].code
            for contest in self.contests
            if contest.proposed in self.names.units and contest.proposed not in against
        ]
        if self.contests and self.contests[-1].unit == self._key(proposed[0]):
            proposed = named[-1:] or [""]
        likely = [code for code in (*proposed, *named, *helpers, *near) if code]
        everyone = choices.units(self.names, first=likely)
        self.fields["unit"].choices = [("", _("Choose")), *everyone]  # type: ignore[attr-defined]
        lead = self._key(proposed[0])
        if lead is not None:
            self.initial.setdefault("unit", lead)
        nearby = set(likely)
        self.fields["co_units"].choices = [  # type: ignore[attr-defined]
            (str(unit.pk), unit.label)
            for unit in self.names.units.values()
            if unit.valid_to is None
            and (unit.kind in ("department", "property_firm", "company") or unit.code in nearby)
        ]
        self.initial.setdefault("co_units", [u.pk for u in self.names.units.values() if u.code in helpers])
        items = [
            item for item in duties.duty_items(on=self.now) if item.covers(case.kind, case.territory[:12])
        ]
        automatic = [("", _("By the lists") if items else _("None of the three lists covers it"))]
        self.fields["duty_item"].choices = automatic + [  # type: ignore[attr-defined]
            (item.code, f"{item.code} · {said(LIST_WORDS[item.list_type])} · {said(item.name)}")
            for item in items
        ]

    def _key(self, code: str) -> int | None:
        return next((unit.pk for unit in self.names.units.values() if unit.code == code), None)

    def act(self) -> Any:
        good = self.cleaned_data
        return actions.dispatch(
            **self.seen(),
            unit_id=good["unit"],
            co_units=good["co_units"],
            duty_item=good["duty_item"],
            limit=good["limit"],
        )

    def refuse(self, refusal: Refused) -> None:
        if not refusal.field and refusal.code.startswith("clock"):
            refusal.field = "limit"
        super().refuse(refusal)


def extended(case: Any) -> engine.Due | None:
    """When the handling would have to be done if it were extended once more; None where nothing runs."""
    clock = next((one for one in case.clocks.all() if one.name == "handle" and one.stopped_at is None), None)
    if clock is None:
        return None
    more = [*clock.extra(), limits.parse(case.limit)]
    return engine.due(
        clock.started_at, clock.parsed(), current_calendar(), pauses=clock.spans(), extensions=more
    )


class DecideForm(StepForm):
    """Grant or refuse what the unit asked for; refusing needs a reason."""

    template = "desk/steps/decide.html"
    granted = forms.ChoiceField(label=_("Your decision"), widget=forms.RadioSelect)
    reason = words(_("Reason"), required=False, hint=_("Needed for a refusal; the unit reads it."))

    def prepare(self) -> None:
        self.pending = self.case.pending()
        self.asked_by = self.names.unit(self.pending.unit_id) if self.pending else ""
        self.would_end = extended(self.case) if self.pending and self.pending.kind == "extension" else None
        self.fields["granted"].choices = [pair("yes", ("同意", "Grant")), pair("no", ("不同意", "Refuse"))]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        good = super().clean() or {}
        if good.get("granted") == "no" and not good.get("reason"):
            self.add_error("reason", _("Say why it is refused."))
        return good

    def act(self) -> Any:
        good = self.cleaned_data
        return actions.decide(**self.seen(), granted=good["granted"] == "yes", reason=good["reason"])

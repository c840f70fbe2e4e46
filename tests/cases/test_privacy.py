"""H5: who informed stays hidden from whoever was reported and from the unit that handles; masked first, opened with a reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from gongbi.cases import actions, queries
from gongbi.cases.models import Case, Report
from gongbi.cases.triage import Said
from gongbi.kernel.errors import Forbidden, NotThere
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import PUBLIC, STAFF_ROLES, Viewer
from gongbi.kernel.vault import policy

pytestmark = pytest.mark.django_db
Post = Callable[..., Viewer]
Unit = Callable[[str], int]
Say = Callable[..., Case]
NAME, PHONE = "欧阳若谷", "13900139000"
MAY = {"clerk", "dispatcher"}


@pytest.fixture
def told(say: Say, post: Post, unit: Unit, now: datetime) -> Callable[..., Case]:
    """A case that the urban management bureau handles, brought by somebody with a name."""

    def make(*, confidential: bool) -> Case:
        case = say(text="三号楼王老板半夜偷倒垃圾", name=NAME, phone=PHONE, confidential=confidential)
        desk, urban = post("dispatcher"), post("handler", unit="urban_management")
        actions.accept(case_id=case.pk, viewer=desk, at=now, kind="C0137")
        actions.dispatch(case_id=case.pk, viewer=desk, at=now, unit_id=unit("urban_management"))
        return actions.sign(case_id=case.pk, viewer=urban, at=now)

    return make


def who_opens(report: Report, case: Case) -> set[str]:
    """The roles that may unseal, each in the very unit and territory of the case."""
    return {
        role
        for role in STAFF_ROLES
        if policy.may_unseal(
            Viewer(
                actor="post:1",
                role=role,
                units=frozenset({case.unit_id}),
                unit_id=case.unit_id,
                territories=("610104",),
            ),
            report,
            "name",
        )
    }


@pytest.mark.parametrize(
    ("confidential", "roles"),
    [(False, {*MAY, "handler", "grid_worker", "checker"}), (True, MAY)],
)
def test_an_informer_is_opened_by_the_desk_alone(
    told: Callable[..., Case], confidential: bool, roles: set[str]
) -> None:
    case = told(confidential=confidential)
    report = case.reports.get()
    assert who_opens(report, case) == roles
    assert all(policy.may_unseal(Viewer(actor="x", role=r), report, "phone") is False for r in STAFF_ROLES)


def test_nothing_that_a_handler_reads_of_a_case_names_the_informer(
    told: Callable[..., Case], post: Post, now: datetime
) -> None:
    case = told(confidential=True)
    urban = post("handler", unit="urban_management")
    read = [
        vars(queries.case_for(case.pk, urban)),
        queries.timeline(case, urban),
        [vars(report) for report in visible(Report.objects.filter(case=case), urban)],
    ]
    assert NAME not in repr(read)
    assert PHONE not in repr(read)


def test_nothing_on_the_record_or_in_an_event_names_anybody(told: Callable[..., Case]) -> None:
    from gongbi.kernel.ledger.models import LedgerEntry
    from gongbi.kernel.outbox.models import OutboxRow

    case = told(confidential=False)
    kept = repr(list(LedgerEntry.objects.filter(matter_id=case.pk).values())) + repr(
        list(OutboxRow.objects.values())
    )
    assert NAME not in kept
    assert PHONE not in kept
    assert "王老板" not in kept


def test_passers_by_do_not_read_what_an_informer_wrote(
    told: Callable[..., Case], say: Say, now: datetime
) -> None:
    said = Said(
        text="三号楼王老板半夜偷倒垃圾", said_at=now, channel="web", lon=108.913, lat=34.265, kind="C0137"
    )
    plain = told(confidential=False)
    assert plain.pk in {twin.case_id for twin in queries.near(said, at=now)}
    hidden = told(confidential=True)
    assert hidden.pk not in {twin.case_id for twin in queries.near(said, at=now)}
    say(text="我也要说", join=plain.pk, confidential=True)
    assert plain.pk not in {twin.case_id for twin in queries.near(said, at=now)}


def test_a_private_link_opens_one_report_and_no_other(say: Say, now: datetime) -> None:
    from gongbi.cases import links

    one, other = say().reports.get(), say().reports.get()
    link = links.token(one)
    assert queries.report_by_link(link)[0].pk == one.pk
    for forged in (
        links.token(other)[:8] + link[8:],  # another's number with our signature
        link[:-1] + ("A" if link[-1] != "A" else "B"),
        link[:8],
        "",
        "\x00" * 32,
        "光明" * 16,
        link + "A",
        "aaaaaaaa" + link[8:],
        "7" * 40,
    ):
        with pytest.raises(NotThere):
            queries.report_by_link(forged)


def test_a_number_with_one_wrong_digit_finds_nothing(say: Say, post: Post, now: datetime) -> None:
    number, desk = say().number, post("dispatcher")
    places = [place for place, sign in enumerate(number) if sign.isdigit()]
    assert len(places) >= 15
    for place in places:
        for step in range(1, 10):
            wrong = number[:place] + str((int(number[place]) + step) % 10) + number[place + 1 :]
            with pytest.raises(NotThere):
                queries.case_by_number(wrong, desk)


def test_a_number_is_found_however_it_is_typed_but_not_with_another_day(say: Say, post: Post) -> None:
    from datetime import date

    from gongbi.kernel.flow import numbers

    case = say()
    desk = post("dispatcher")
    wide = case.number.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789ABCDEFGHIJ"})
    for typed in (case.number, case.number.lower(), case.number.replace("-", " "), wide):
        assert queries.case_by_number(typed, desk).pk == case.pk
    report = case.reports.get()
    wide = report.number.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789LH"})
    assert queries.report_by_number(wide, desk).pk == report.pk
    assert queries.case_by_number(report.number, desk).pk == case.pk
    for other in (
        numbers.write("AJ", case.pk, date(2020, 1, 1)),
        numbers.write("LH", report.pk, date(2020, 1, 1)),
    ):
        with pytest.raises(NotThere):
            queries.case_by_number(other, desk)


def test_outside_ones_territory_or_unit_there_is_no_such_case(
    told: Callable[..., Case], post: Post, now: datetime
) -> None:
    case = told(confidential=False)
    strangers = [
        post("handler", unit="water"),
        Viewer(actor="post:1", role="dispatcher", territories=("610102",)),
        Viewer(actor="post:2", role="admin", territories=("610104",)),
        Viewer(actor="post:3", role="security", territories=("610104",)),
        PUBLIC,
    ]
    for viewer in strangers:
        with pytest.raises((NotThere, Forbidden)):
            queries.case_for(case.pk, viewer)
        with pytest.raises((NotThere, Forbidden)):
            queries.timeline(case, viewer)
        with pytest.raises((NotThere, Forbidden)):
            actions.finish(case_id=case.pk, viewer=viewer, at=now, result="x")


def informers_kind() -> str:
    from gongbi.duties import queries as duties

    return next(kind.code for kind in duties.kinds() if kind.informer)


def hidden_reports(case: Case) -> list[bool]:
    return list(Report.objects.filter(case=case).order_by("pk").values_list("confidential", flat=True))


def test_who_reported_is_hidden_from_the_moment_the_desk_files_it_under_a_kind_of_informers(
    say: Say, post: Post, unit: Unit, now: datetime
) -> None:
    case = say(text="三号楼王老板半夜偷倒垃圾", name=NAME, phone=PHONE)
    say(text="我也看见了", name=NAME, phone=PHONE, join=case.pk)
    assert hidden_reports(case) == [False, False]
    desk = post("dispatcher")
    actions.accept(case_id=case.pk, viewer=desk, at=now, kind=informers_kind())
    assert hidden_reports(case) == [True, True]
    assert queries.timeline(case, desk)[-1].facts["reporters_hidden"] is True
    actions.dispatch(case_id=case.pk, viewer=desk, at=now, unit_id=unit("urban_management"))
    case = actions.sign(case_id=case.pk, viewer=post("handler", unit="urban_management"), at=now)
    assert all(who_opens(report, case) == MAY for report in case.reports.all())
    assert NAME not in repr([vars(report) for report in visible(Report.objects.filter(case=case), desk)])


def test_who_joins_an_informers_case_or_chooses_such_a_kind_is_hidden_too(
    say: Say, post: Post, now: datetime
) -> None:
    kind = informers_kind()
    chosen = say(text="商户短斤少两", kind=kind, name=NAME, phone=PHONE)
    assert hidden_reports(chosen) == [True]
    say(text="我也被骗了", join=chosen.pk, name=NAME, phone=PHONE)
    assert hidden_reports(chosen) == [True, True]
    plain = say(text="有人短斤少两", name=NAME, phone=PHONE)
    actions.merge(case_id=plain.pk, into_id=chosen.pk, viewer=post("dispatcher"), at=now)
    assert hidden_reports(chosen) == [True, True, True]


def test_an_ordinary_kind_hides_nobody(told: Callable[..., Case], post: Post) -> None:
    case = told(confidential=False)
    assert hidden_reports(case) == [False]
    assert all("reporters_hidden" not in event.facts for event in queries.timeline(case, post("dispatcher")))

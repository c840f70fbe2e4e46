"""Opening needs a rule, a reason and leaves a trace that the person can read; consent and retention obey the law."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Q

from gongbi.kernel.errors import Forbidden, NotThere, Refused, Stale
from gongbi.kernel.scope.viewer import ADMIN, AUDITOR, CLERK, HANDLER, RESIDENT, Viewer, system
from gongbi.kernel.vault import actions, policy, queries, retention, rules
from gongbi.kernel.vault.fields import SealedTextField
from gongbi.kernel.vault.models import AccessHead, AccessLog, Consent, Tombstone

PHONE = "138" + "12345678"
CLERK_1 = Viewer(actor="post:1", role=CLERK, unit_id=7)
OWNER = Viewer(actor="report:3", role=RESIDENT, reports=frozenset({3}))
ADMIN_1 = Viewer(actor="post:9", role=ADMIN)
JOB = system("retention")
NOTICE = dict.fromkeys(rules.NOTICE_PARTS, "said")
FIELD = SealedTextField(kind="phone")


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Iterator[Consent]:
    """A row with one sealed field: any saved model serves, the field is put on it for the test."""
    FIELD.set_attributes_from_name("phone")
    FIELD.model = Consent
    get_field = Consent._meta.get_field
    monkeypatch.setattr(
        Consent._meta, "get_field", lambda name: FIELD if name == "phone" else get_field(name)
    )
    card = Consent(pk=3, subject="report:3", purpose="follow_up")
    card.phone = FIELD.sealed(PHONE)  # type: ignore[attr-defined]
    policy.allow(Consent, "phone", lambda viewer, _card: viewer.role in (CLERK, AUDITOR, "system"))
    policy.subject(Consent, lambda viewer, row: row.pk in viewer.reports)
    yield card
    policy.forget(Consent)


def open_it(card: Consent, viewer: Viewer, reason: str, at: datetime) -> str:
    return actions.unseal(card, "phone", viewer=viewer, reason=reason, at=at)


@pytest.mark.django_db(transaction=True)
def test_opening_writes_who_what_why_when_and_the_person_can_read_it(card: Consent, now: datetime) -> None:
    assert open_it(card, CLERK_1, "回访核实", now) == PHONE
    entry = queries.accesses(card, viewer=OWNER).get()
    assert (entry.actor, entry.role, entry.unit_id, entry.field) == ("post:1", CLERK, 7, "phone")
    assert (entry.reason, entry.at, entry.subject) == ("回访核实", now, "vault.consent:3")
    stranger = Viewer(actor="report:4", role=RESIDENT, reports=frozenset({4}))
    for other in (stranger, CLERK_1):
        with pytest.raises(Forbidden):
            queries.accesses(card, viewer=other)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("reason", "good"),
    [
        ("", False),
        ("  ", False),
        ("回访核", False),
        ("……,。!?", False),
        ("aaaa", False),
        ("回访核实", True),
        ("call back", True),
    ],
)
def test_a_reason_of_at_least_four_characters_is_asked_for(
    card: Consent, now: datetime, reason: str, good: bool
) -> None:
    if good:
        assert open_it(card, CLERK_1, reason, now) == PHONE
    else:
        with pytest.raises(Refused) as refused:
            open_it(card, CLERK_1, reason, now)
        assert (refused.value.code, refused.value.field) == ("vault.reason", "reason")
    assert AccessLog.objects.count() == int(good)


@pytest.mark.django_db(transaction=True)
def test_what_no_rule_opens_stays_shut_and_auditors_open_nothing_even_when_a_rule_lets_them(
    card: Consent, now: datetime
) -> None:
    for viewer in (
        Viewer(actor="post:5", role=HANDLER),
        Viewer(actor="post:6", role=AUDITOR),
        ADMIN_1,
        Viewer("public"),
    ):
        with pytest.raises(Forbidden):
            open_it(card, viewer, "just looking", now)
    policy.forget(Consent)
    with pytest.raises(Forbidden):
        open_it(card, CLERK_1, "just looking", now)
    assert not AccessLog.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_person_cannot_open_inside_a_transaction_that_could_forget_it_but_a_job_can(
    card: Consent, now: datetime
) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        open_it(card, CLERK_1, "回访核实", now)
    with transaction.atomic():
        assert open_it(card, system("sms"), "send the receipt", now) == PHONE


@pytest.mark.django_db(transaction=True)
def test_a_telephone_number_typed_into_the_reason_is_not_kept(card: Consent, now: datetime) -> None:
    open_it(card, CLERK_1, f"来电 {PHONE} 要求回访", now)
    assert AccessLog.objects.get().reason == "来电 [phone] 要求回访"


@pytest.mark.django_db(transaction=True)
def test_the_log_refuses_changes_and_shows_what_was_removed(card: Consent, now: datetime) -> None:
    for n in range(4):
        open_it(card, CLERK_1, f"回访核实 {n}", now)
    assert list(queries.breaches()) == []
    ids = list(AccessLog.objects.order_by("id").values_list("id", flat=True))
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        AccessLog.objects.filter(pk=ids[0]).update(reason="nothing to see")
    AccessLog.objects.filter(pk=ids[3]).delete()
    assert [b.where for b in queries.breaches()] == ["its end"]
    AccessLog.objects.filter(pk=ids[1]).delete()
    assert f"entry {ids[2]}" in {b.where for b in queries.breaches()}


@pytest.mark.django_db(transaction=True)
def test_a_row_slipped_in_by_hand_breaks_the_chain(card: Consent, now: datetime) -> None:
    open_it(card, CLERK_1, "回访核实", now)
    last = AccessLog.objects.get()
    AccessLog.objects.create(
        at=now,
        actor="post:2",
        role=CLERK,
        subject="x",
        field="phone",
        reason="made up",
        prev=last.hash,
        hash=b"1" * 32,
    )
    assert list(queries.breaches())


@pytest.mark.django_db(transaction=True)
def test_openings_at_the_same_time_keep_one_chain(card: Consent, now: datetime) -> None:
    def work() -> None:
        try:
            for n in range(10):
                open_it(card, CLERK_1, f"回访核实 {n}", now)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert AccessLog.objects.count() == 40
    assert list(queries.breaches()) == []


# --- Consent --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_new_version_of_the_notice_ends_consent_and_withdrawal_ends_it_from_then_on(now: datetime) -> None:
    day = timedelta(days=1)
    assert not queries.has_consent("report:1", "sms", at=now)
    first = actions.publish_policy("sms", notice=NOTICE, viewer=ADMIN_1, at=now)
    actions.grant("report:1", "sms", policy_version=first.version, viewer=OWNER, at=now)
    assert queries.has_consent("report:1", "sms", at=now)
    assert not queries.has_consent("report:2", "sms", at=now)
    assert not queries.has_consent("report:1", "other", at=now)
    second = actions.publish_policy("sms", notice=NOTICE, viewer=ADMIN_1, at=now + day)
    assert not queries.has_consent("report:1", "sms", at=now + day)
    with pytest.raises(Stale):
        actions.grant("report:1", "sms", policy_version=first.version, viewer=OWNER, at=now + day)
    actions.grant("report:1", "sms", policy_version=second.version, viewer=OWNER, at=now + day)
    assert actions.withdraw("report:1", "sms", at=now + 3 * day) == 2
    assert queries.has_consent("report:1", "sms", at=now + 2 * day)
    assert not queries.has_consent("report:1", "sms", at=now + 3 * day)


@pytest.mark.django_db
def test_a_child_under_14_needs_a_guardian(now: datetime) -> None:
    version = actions.publish_policy("volunteer", notice=NOTICE, viewer=ADMIN_1, at=now).version
    with pytest.raises(Refused, match="§31"):
        actions.grant("person:1", "volunteer", policy_version=version, viewer=OWNER, at=now, under_14=True)
    actions.grant(
        "person:1",
        "volunteer",
        policy_version=version,
        viewer=OWNER,
        at=now,
        under_14=True,
        guardian="person:2",
    )
    assert queries.has_consent("person:1", "volunteer", at=now)


@pytest.mark.django_db
@pytest.mark.parametrize("part", rules.NOTICE_PARTS)
def test_a_notice_without_a_part_the_law_asks_for_is_refused(now: datetime, part: str) -> None:
    with pytest.raises(Refused, match="§17") as refused:
        actions.publish_policy("sms", notice=NOTICE | {part: " "}, viewer=ADMIN_1, at=now)
    assert part in refused.value.message
    with pytest.raises(NotThere):
        actions.grant("report:1", "sms", policy_version=1, viewer=OWNER, at=now)


# --- Retention ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "days", "good"),
    [
        ("access_log", 183, False),
        ("access_log", 184, True),
        ("access_log", None, True),
        ("impact_assessment", 1095, False),
        ("impact_assessment", 1096, True),
        ("staff_track", 90, True),
        ("staff_track", 91, False),
        ("staff_track", None, False),
        ("emergency_only", 0, True),
        ("emergency_only", 1, False),
    ],
)
def test_how_long_data_is_kept_moves_only_within_the_law(code: str, days: int | None, good: bool) -> None:
    if good:
        actions.set_retention(code, keep_days=days, viewer=ADMIN_1)
        assert queries.retention(code).keep == days
    else:
        with pytest.raises(Refused) as refused:
            actions.set_retention(code, keep_days=days, viewer=ADMIN_1)
        assert refused.value.field == "keep_days"
    with pytest.raises(Forbidden):
        actions.set_retention(code, keep_days=days, viewer=CLERK_1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("age", "left"), [(364, 1), (365, 1), (366, 0)])
def test_the_access_log_is_purged_after_a_year_and_the_chain_still_holds(
    card: Consent, now: datetime, age: int, left: int
) -> None:
    open_it(card, CLERK_1, "回访核实", now - timedelta(days=age))
    open_it(card, CLERK_1, "回访核实", now)
    assert actions.purge(viewer=JOB, at=now)["access_log"] == 1 - left
    assert AccessLog.objects.count() == 1 + left
    assert list(queries.breaches()) == []
    assert Tombstone.objects.filter(retention="access_log").count() == 1 - left
    assert AccessHead.objects.count() == 1


@pytest.mark.django_db
def test_logs_younger_than_six_months_stay_even_if_the_setting_was_forced(now: datetime) -> None:
    assert rules.purge_before(1, 184, now) == now - timedelta(days=184)


@pytest.mark.django_db
def test_purging_leaves_a_tombstone_with_a_digest_and_no_content(now: datetime) -> None:
    old, fresh, open_one = (
        Consent.objects.create(
            subject=f"person:{n}", purpose="x", policy_version=1, granted_at=now, actor="a", withdrawn_at=w
        )
        for n, w in enumerate((now - timedelta(days=1097), now - timedelta(days=1096), None))
    )
    key, digest = old.pk, actions.digest_of(old)
    assert actions.purge(viewer=JOB, at=now, batch=1)["consent"] == 1
    assert set(Consent.objects.values_list("pk", flat=True)) == {fresh.pk, open_one.pk}
    stone = Tombstone.objects.get(label="vault.consent")
    assert (stone.row, stone.retention, stone.at, bytes(stone.digest)) == (str(key), "consent", now, digest)
    assert actions.purge(viewer=JOB, at=now)["consent"] == 0


@pytest.mark.django_db
def test_emergency_data_goes_at_closure_and_a_room_may_make_anonymous_instead_of_deleting(
    now: datetime,
) -> None:
    def due(before: datetime) -> Any:
        return Consent.objects.filter(~Q(subject=""), purpose="flood", withdrawn_at__lte=before)

    def erase(row: Consent, at: datetime) -> None:
        Consent.objects.filter(pk=row.pk).update(subject="")

    row = Consent.objects.create(
        subject="person:1", purpose="flood", policy_version=1, granted_at=now, actor="a", withdrawn_at=now
    )
    retention.register("emergency_only", Consent, due=due, erase=erase)
    try:
        assert actions.purge(viewer=JOB, at=now - timedelta(seconds=1))["emergency_only"] == 0
        assert actions.purge(viewer=JOB, at=now)["emergency_only"] == 1
        row.refresh_from_db()
        assert row.subject == ""
        retention.register("emergency_only", Consent, due=due, erase=lambda row, at: None)
        Consent.objects.filter(pk=row.pk).update(subject="person:1")
        with pytest.raises(RuntimeError, match="still due"):
            actions.purge(viewer=JOB, at=now)
    finally:
        retention.forget("emergency_only", Consent)
    with pytest.raises(ValueError, match="retention class"):
        retention.register("forever", Consent, due=due)

"""The words of notices: a new version for each change, tried before it counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from gongbi.channels.notices import queries, rules
from gongbi.channels.notices.models import Template
from gongbi.channels.notices.queries import Text
from gongbi.kernel.errors import Forbidden, Refused, Stale
from gongbi.kernel.scope.viewer import ADMIN, SYSTEM, Viewer


def check(subject: str, body: str) -> tuple[str, str]:
    """Both texts as they are kept; Refused with the field for an unknown name, a line break in the subject, or too much."""
    subject, body = subject.strip(), body.strip()
    for field, text, most in (
        ("subject", subject, rules.LONGEST_SUBJECT),
        ("body", body, rules.LONGEST_BODY),
    ):
        if not text or len(text) > most:
            raise Refused(
                "notices.length",
                (
                    "请填写，最多 %(most)s 个字；短信越短越有人看。",
                    "Write something, %(most)s characters at most: short texts are read.",
                ),
                values={"most": most},
                field=field,
            )
        wrong = rules.unknown_fields(text)
        if wrong:
            raise Refused(
                "notices.field",
                (
                    "“%(name)s”不能用。可用的只有：%(known)s；方括号成对出现，括号里的一项为空时整段省略。",
                    "“%(name)s” cannot stand here. Only these can: %(known)s; brackets come in pairs and leave their part out when a field "
                    "in them is empty.",
                ),
                values={"name": wrong[0] or "{}", "known": " ".join(f"{{{name}}}" for name in rules.FIELDS)},
                field=field,
            )
    if "\n" in subject or "\r" in subject:
        raise Refused("notices.subject", ("标题只能有一行。", "A subject is one line."), field="subject")
    return subject, body


@transaction.atomic
def save_template(
    *,
    audience: str,
    name: str,
    language: str,
    subject: str,
    body: str,
    version: int,
    viewer: Viewer,
    at: datetime,
) -> Text:
    """A new version of one text, which counts from now on. ``version``: the one that was on the screen (Stale when it is older)."""
    if viewer.role not in (ADMIN, SYSTEM):
        raise Forbidden(
            "notices.keep", ("只有系统管理员可以修改通知模板。", "Only an administrator changes templates.")
        )
    before = queries.one_text(viewer, audience, name, language)
    if before.version != version:
        raise Stale(
            "notices.version",
            ("这个模板刚被别人改过，请重新打开。", "Somebody has just changed this text; open it again."),
        )
    subject, body = check(subject, body)
    if (subject, body) == (before.subject, before.body):
        return before
    rows = Template.objects.filter(audience=audience, name=name, language=language)
    last = rows.aggregate(last=Max("version"))["last"] or 0
    Template.objects.create(
        audience=audience, name=name, language=language, version=last + 1, subject=subject, body=body, at=at, by=viewer.actor
    )  # fmt: skip
    return queries.one_text(viewer, audience, name, language)


def preview(subject: str, body: str, values: Mapping[str, str]) -> tuple[str, str]:
    """Both texts filled, as an addressee would get them; Refused as :func:`save_template` does. Keeps nothing."""
    subject, body = check(subject, body)
    return rules.fill(subject, values), rules.fill(body, values)

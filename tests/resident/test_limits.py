"""A visitor who sends too much: told when to come back, nothing typed is lost; a hall is not held up; danger never waits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from gongbi.cases import queries
from tests.resident.conftest import LAMP, ONE, Say, jpeg
from tests.resident.test_ask import KEPT, html, reports

pytestmark = pytest.mark.django_db
FORM = {"text": LAMP, "community": ONE, "who": "open", "place_words": "东门口"}


@pytest.fixture
def counted(tmp_path: Path, settings: Any) -> Any:
    settings.VAR = tmp_path
    settings.LIMITS = (
        "report.browser=2/3600,report.address=5/3600,report.bare=1/3600,photo.browser=3/3600,look.browser=2/600,"
        "miss.address=3/600,act.link=2/3600"
    )
    return settings


def photos(*pictures: bytes) -> list[SimpleUploadedFile]:
    return [SimpleUploadedFile(f"{turn}.jpg", picture, "image/jpeg") for turn, picture in enumerate(pictures)]


def browser(name: str) -> Client:
    client = Client()
    client.cookies["csrftoken"] = name * 32
    return client


def test_what_was_typed_waits_with_the_one_who_sent_too_much(district: None, counted: Any) -> None:
    anna = browser("a")
    sent = [anna.post("/ask", FORM | {"key": str(turn), "text": f"{LAMP}{turn}"}) for turn in range(3)]
    assert [answer.status_code for answer in sent] == [302, 302, 429]
    assert reports() == 2
    assert 0 < int(sent[2]["Retry-After"]) <= 1800
    page = html(sent[2])
    assert "以后再试" in page
    assert f"{LAMP}2</textarea>" in page
    assert 'value="东门口"' in page


def test_photos_of_a_report_that_must_wait_are_kept(district: None, counted: Any) -> None:
    counted.LIMITS = "report.browser=1/3600"
    anna = browser("a")
    assert anna.post("/ask", FORM | {"key": "1"}).status_code == 302
    waiting = anna.post("/ask", FORM | {"key": "2", "text": LAMP + "!", "photos": photos(jpeg())})
    assert waiting.status_code == 429
    assert len(KEPT.findall(html(waiting))) == 1


def test_too_many_photos_wait_and_the_words_stay(district: None, counted: Any) -> None:
    anna = browser("a")
    first = anna.post("/ask", FORM | {"text": "", "photos": photos(jpeg("red"), jpeg("blue"))})
    assert first.status_code == 422
    second = anna.post("/ask", FORM | {"photos": photos(jpeg("green"), jpeg("grey"))})
    assert second.status_code == 429
    assert reports() == 0
    assert f"{LAMP}</textarea>" in html(second)


def test_a_hall_of_people_behind_one_address_is_served(district: None, counted: Any) -> None:
    assert [browser(name).post("/ask", FORM | {"key": name}).status_code for name in "abcde"] == [302] * 5


def test_danger_never_waits(district: None, counted: Any) -> None:
    anna = browser("a")
    for turn in range(3):
        anna.post("/ask", FORM | {"key": str(turn), "text": f"{LAMP}{turn}"})
    alarm = anna.post("/ask", FORM | {"text": "着火了，有人困在里面"})
    assert alarm.status_code == 422
    assert "119" in html(alarm)


def test_typing_fast_changes_nothing_on_the_page(district: None, counted: Any) -> None:
    anna = browser("a")
    answers = [anna.post("/ask/look", FORM, headers={"HX-Request": "true"}).status_code for _turn in range(3)]
    assert answers == [200, 200, 204]


def test_links_and_numbers_cannot_be_tried_out(say: Say, counted: Any) -> None:
    link = say(LAMP)
    number = queries.report_by_link(link)[0].number
    stranger = Client()
    assert stranger.get(f"/r/{link}").status_code == 200
    assert stranger.get("/", {"number": number}).status_code == 200
    assert stranger.get("/r/" + "x" * 24).status_code == 404
    assert stranger.get("/receipt/" + "x" * 24).status_code == 404
    assert stranger.get("/", {"number": "LH20261123-000099-1"}).status_code == 404
    held = stranger.get("/", {"number": number})
    assert held.status_code == 429
    assert "以后再试" in html(held)
    refused = stranger.get(f"/r/{link}")
    assert (refused.status_code, "Retry-After" in refused) == (429, True)
    assert stranger.get(f"/r/{link}", REMOTE_ADDR="39.1.1.1").status_code == 200


def test_a_link_acts_so_often(say: Say, counted: Any) -> None:
    link = say(LAMP)
    words = {"question": "1", "answer": "在东门"}
    answers = [Client().post(f"/r/{link}/answer", words).status_code for _turn in range(3)]
    assert answers[2] == 429
    assert 429 not in answers[:2]

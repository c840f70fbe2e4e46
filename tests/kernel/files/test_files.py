"""Files come in clean or not at all, are seen by whom they concern, and leave when nobody needs them."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import tracemalloc
import zipfile
import zlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from gongbi.kernel.errors import Forbidden, NotThere, Refused
from gongbi.kernel.files import actions, pages, pictures, queries, rules, tasks
from gongbi.kernel.files.models import StoredFile
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.scope.viewer import (
    ADMIN,
    CLERK,
    DISPATCHER,
    HANDLER,
    MANAGER,
    PUBLIC,
    RESIDENT,
    Viewer,
    system,
)

CLERK_1 = Viewer(actor="post:1", role=CLERK, territories=("610104",))
RESIDENT_1 = Viewer(actor="report:7", role=RESIDENT, reports=frozenset({7}))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: Any) -> bytes:
    image = Image.new(mode, size, (200, 30, 30) if mode == "RGB" else None)
    if mode == "RGB":
        image.paste((30, 30, 200), (0, 0, size[0] // 2, size[1] // 2))
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def stored(content: bytes, now: datetime, viewer: Viewer = CLERK_1, **options: Any) -> StoredFile:
    return actions.store(content, purpose="report", viewer=viewer, at=now, **options)


def content_of(file: StoredFile, thumbnail: bool = False) -> bytes:
    with default_storage.open(file.thumbnail if thumbnail else file.path) as opened:
        return bytes(opened.read())


def png_header(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


# --- What comes in --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "mime"),
    [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/jpeg"), ("GIF", "image/png")],
)
def test_photos_come_in_by_their_content_whatever_they_are_called(
    now: datetime, kind: str, mime: str
) -> None:
    upload = SimpleUploadedFile("../../etc/passwd.html", picture(kind), content_type="text/html")
    file = actions.store(upload, purpose="report", viewer=RESIDENT_1, at=now)
    assert (file.mime, file.width, file.height, file.uploaded_by) == (mime, 64, 48, "report:7")
    assert file.path.startswith(file.digest[:2])
    assert "passwd" not in file.path
    again = Image.open(io.BytesIO(content_of(file)))
    assert again.size == (64, 48)
    red = again.convert("RGB").getpixel((60, 40))
    assert isinstance(red, tuple)
    assert abs(red[0] - 200) < 12
    assert Image.open(io.BytesIO(content_of(file, thumbnail=True))).size == (64, 48)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "files.empty"),
        (b"this is no photo", "files.unknown"),
        (b"\x00\x00\x00\x18ftypheic" + b"\0" * 40, "files.heic"),
        (b"\x00\x00\x00\x18ftypavif" + b"\0" * 40, "files.avif"),
        (b"\x00\x00\x00\x18ftypisom" + b"\0" * 40, "files.video"),
        (b"<svg xmlns='x'><script>1</script></svg>", "files.markup"),
        (b"\xef\xbb\xbf \n<!DOCTYPE html><p>", "files.markup"),
        (b"<?xml version='1.0'?>", "files.markup"),
        (b"#!/bin/sh\nrm -rf /", "files.script"),
        (b"MZ\x90\x00", "files.script"),
        (b"BM" + b"\0" * 60, "files.bmp"),
        (b"II*\x00" + b"\0" * 60, "files.tiff"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 60, "files.office"),
        (b"\xff\xd8\xff but no jpeg follows", "files.damaged"),
        (b"\x89PNG\r\n\x1a\n and nothing else", "files.damaged"),
        (b"GIF89a", "files.damaged"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "files.damaged"),
        (picture()[:400], "files.damaged"),
        (picture("PNG")[:90], "files.damaged"),
        (b"%PDF-1.7\n%%EOF", "files.pdf"),
        (picture() + b"\0" * rules.MAX_BYTES, "files.size"),
        (png_header(100_000, 100_000), "files.pixels"),
        (png_header(5001, 5000), "files.pixels"),
        (png_header(0, 0), "files.damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_photo_is_refused_with_what_to_do_and_leaves_nothing(
    now: datetime, folder: Path, content: bytes, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        stored(content, now, RESIDENT_1)
    assert (refused.value.code, refused.value.field) == (code, "file")
    assert len(refused.value.message) > 10
    assert not StoredFile.objects.exists()
    assert not list(folder.rglob("*.*"))


@pytest.mark.django_db
def test_a_zip_bomb_is_refused_unopened(now: datetime) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("photo.jpg", b"\0" * 50_000_000)
    tracemalloc.start()
    with pytest.raises(Refused) as refused:
        stored(out.getvalue(), now)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refused.value.code == "files.zip"
    assert peak < 2_000_000


@pytest.mark.django_db
def test_the_size_limit_is_exact(now: datetime) -> None:
    small = picture()
    for extra, good in ((-1, True), (0, True), (1, False)):
        content = small + b"\0" * (rules.MAX_BYTES - len(small) + extra)
        if good:
            assert stored(content, now).size < 10_000  # what was hung on behind is gone
        else:
            with pytest.raises(Refused):
                stored(content, now)


@pytest.mark.parametrize(
    ("width", "height", "kind", "refused"),
    [
        (10_000, 6000, "jpeg", False),
        (10_000, 6001, "jpeg", True),
        (5000, 5000, "png", False),
        (5000, 5001, "png", True),
        (5000, 5001, "jpeg", False),
        (1, 1, "gif", False),
        (0, 5, "png", True),
    ],
)
def test_the_pixel_limit_is_exact(width: int, height: int, kind: str, refused: bool) -> None:
    assert rules.too_large(width, height, kind) is refused


@pytest.mark.django_db
def test_a_forty_megapixel_phone_photo_comes_in_scaled_down_in_bounded_memory(now: datetime) -> None:
    out = io.BytesIO()
    Image.effect_noise((7300, 5500), 60).convert("RGB").save(out, "JPEG", quality=30)
    content = out.getvalue()
    assert 5_000_000 < len(content) < rules.MAX_BYTES  # as a phone makes it
    # In a process of its own: here the peak would be that of making the picture.
    program = (
        "import resource, sys; from gongbi.kernel.files import pictures; from PIL import Image;"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; data = sys.stdin.buffer.read();"
        "before = peak(); pictures.clean(data, 'jpeg'); print(peak() - before)"
    )
    ran = subprocess.run([sys.executable, "-c", program], input=content, capture_output=True, check=True)
    assert int(ran.stdout) < 90_000  # kB; decoded whole the pixels alone would be 120 MB
    file = stored(content, now)
    assert (file.width, file.height) == (2048, 1543)
    assert Image.open(io.BytesIO(content_of(file, thumbnail=True))).size == (320, 241)
    with pytest.raises(Refused) as refused:
        stored(picture("JPEG", (10_000, 6100), quality=20), now)
    assert refused.value.code == "files.pixels"


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_place_time_and_device_are_stripped_after_turning_the_picture_upright(
    now: datetime, kind: str
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[2] = (34.0, 16.0, 0.0)
    options: dict[str, Any] = {"exif": exif}
    if kind == "PNG":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_text("Author", "SecretName")
        options["pnginfo"] = info
    file = stored(picture(kind, (80, 40), **options), now)
    raw = content_of(file)
    assert (file.width, file.height) == (40, 80)
    assert b"Secret" not in raw
    again = Image.open(io.BytesIO(raw))
    assert not again.getexif()
    assert set(again.info) <= {
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
        "progressive",
        "progression",
    }
    assert file.original_digest != file.digest


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("PNG", "L"),
        ("PNG", "1"),
        ("PNG", "P"),
        ("PNG", "RGBA"),
        ("PNG", "LA"),
        ("PNG", "I;16"),
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
        ("GIF", "P"),
        ("WEBP", "RGBA"),
    ],
)
def test_every_colour_mode_comes_out_plain(kind: str, mode: str) -> None:
    made = pictures.clean(picture(kind, (20, 20), mode), kind.lower())
    assert Image.open(io.BytesIO(made.content)).mode in ("RGB", "RGBA")


def test_a_colour_profile_is_applied_and_a_broken_one_ignored() -> None:
    good = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (good, b"no profile at all"):
        made = pictures.clean(picture("JPEG", icc_profile=profile), "jpeg")
        assert "icc_profile" not in Image.open(io.BytesIO(made.content)).info


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"%PDF-1.7\nhello\n%%EOF\n", ""),
        (b"%PDF-1.7\nhello", "files.damaged"),
        (b"%PDF-1.7\n<< /OpenAction << /S /JavaScript /JS (x) >> >>\n%%EOF", "files.active"),
        (b"%PDF-1.7\n<< /S /Launch >>\n%%EOF", "files.active"),
    ],
)
def test_staff_may_add_a_plain_pdf_that_goes_out_as_a_download(
    now: datetime, content: bytes, code: str
) -> None:
    if code:
        with pytest.raises(Refused) as refused:
            stored(content, now)
        assert refused.value.code == code
        return
    file = stored(content, now)
    answer = pages.respond(*queries.open_for(CLERK_1, file.pk))
    assert b"".join(answer.streaming_content) == content  # type: ignore[arg-type]
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


@given(st.binary(max_size=300), st.sampled_from(["jpeg", "png", "webp", "gif"]))
@settings(max_examples=150, deadline=None)
def test_rubbish_behind_a_good_beginning_is_a_damaged_picture_never_a_crash(junk: bytes, kind: str) -> None:
    good = picture(kind.upper())
    for content in (good[:30] + junk, junk):
        try:
            pictures.clean(content, kind)
        except (pictures.NoPicture, pictures.TooLarge):
            continue


@given(st.binary(max_size=600))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sniffing_always_answers(head: bytes) -> None:
    assert rules.sniff(head) in {*rules.MIME, *actions._WORDS}


def test_pictures_are_not_decoded_inside_a_transaction(transactional_db: None) -> None:
    from django.db import transaction

    with transaction.atomic(), pytest.raises(RuntimeError, match="before the transaction"):
        actions.prepare(picture(), viewer=CLERK_1)


@pytest.mark.django_db
def test_the_same_photo_is_kept_once_and_deleted_with_its_last_row(now: datetime, folder: Path) -> None:
    first, second = stored(picture(), now), stored(picture(), now)
    assert first.path == second.path
    assert len(list(folder.rglob("*.jpg"))) == 2  # the photo and its thumbnail
    actions.remove(first.pk, viewer=Viewer(actor="post:9", role=ADMIN))
    assert default_storage.exists(second.path)
    with pytest.raises(Forbidden):
        actions.remove(second.pk, viewer=CLERK_1)
    actions.remove(second.pk, viewer=system("purge"))
    assert not list(folder.rglob("*.jpg"))
    with pytest.raises(NotThere):
        actions.remove(second.pk, viewer=system("purge"))


# --- Whose it is ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_file_is_attached_once_and_nobody_picks_up_another_persons(now: datetime) -> None:
    one, two = stored(picture(), now), stored(picture("PNG"), now)
    got = actions.attach([two.pk, one.pk], matter_id=5, owner="report:7", purpose="after")
    assert [(f.pk, f.owner, f.matter_id, f.purpose) for f in got] == [
        (two.pk, "report:7", 5, "after"),
        (one.pk, "report:7", 5, "after"),
    ]
    assert actions.attach([one.pk], matter_id=5, owner="report:7", purpose="report")[0].purpose == "after"
    for ids, owner, matter in (
        ([one.pk], "report:8", 5),
        ([one.pk], "report:7", 6),
        ([999_999], "report:7", 5),
    ):
        with pytest.raises(Refused) as refused:
            actions.attach(ids, matter_id=matter, owner=owner, purpose="report")
        assert refused.value.code == "files.gone"
    assert StoredFile.objects.get(pk=one.pk).owner == "report:7"


@pytest.mark.django_db
def test_a_ticket_stands_for_one_upload_for_a_day(now: datetime) -> None:
    file = stored(picture(), now)
    ticket = queries.ticket(file, at=now)
    day = timedelta(days=1)
    assert queries.from_tickets([ticket], at=now + day) == [file.pk]
    for bad, at in (
        (ticket, now + day + timedelta(seconds=1)),
        (ticket[:-1] + "x", now),
        ("", now),
        (queries.sign(file, at=now), now),
    ):
        with pytest.raises(NotThere):
            queries.from_tickets([bad], at=at)


@pytest.mark.django_db
def test_uploads_nobody_attached_are_swept_after_a_day(now: datetime) -> None:
    loose, kept = stored(picture(), now), stored(picture("PNG"), now)
    actions.attach([kept.pk], matter_id=5, owner="report:7", purpose="report")
    assert actions.sweep(at=now + timedelta(hours=24)) == 0
    tasks.sweep(now + timedelta(hours=24, seconds=1))
    assert list(StoredFile.objects.values_list("pk", flat=True)) == [kept.pk]
    assert not default_storage.exists(loose.path)


SEEN = {
    "owner": "report:7",
    "uploaded_by": "report:7",
    "unit_id": 3,
    "territory": "610104001001",
    "has_matter": True,
}


@pytest.mark.parametrize(
    ("viewer", "change", "sees"),
    [
        (PUBLIC, {}, False),
        (PUBLIC, {"visibility": "public"}, True),
        (RESIDENT_1, {}, True),
        (Viewer("report:8", RESIDENT, reports=frozenset({8})), {}, False),
        (Viewer("report:70", RESIDENT, reports=frozenset({70})), {}, False),
        (CLERK_1, {}, True),
        (Viewer("post:2", DISPATCHER, territories=("610104002",)), {}, False),
        (Viewer("post:2", DISPATCHER, territories=("610104002",)), {"territory": ""}, False),
        (CLERK_1, {"territory": ""}, True),
        (CLERK_1, {"has_matter": False}, False),
        (Viewer("post:3", HANDLER, units=frozenset({3})), {}, True),
        (Viewer("post:3", HANDLER, units=frozenset({4}), territories=("610104",)), {}, False),
        (Viewer("post:3", HANDLER, units=frozenset({4, 5})), {"helpers": frozenset({5, 6})}, True),
        (Viewer("post:3", HANDLER, units=frozenset({4})), {"helpers": frozenset({5, 6})}, False),
        (
            Viewer("post:3", HANDLER, units=frozenset({5})),
            {"helpers": frozenset({5}), "has_matter": False},
            False,
        ),
        (Viewer("post:3", MANAGER, units=frozenset({5})), {"helpers": frozenset({5})}, False),
        (Viewer("post:4", ADMIN, territories=("610104",)), {}, False),
        (Viewer("post:4", ADMIN), {"uploaded_by": "post:4"}, True),
        (Viewer("public"), {"uploaded_by": "public"}, False),
        (system("x"), {}, True),
    ],
)
def test_who_sees_a_file(viewer: Viewer, change: dict[str, Any], sees: bool) -> None:
    assert rules.may_see(viewer, rules.Seen(**{"visibility": "handlers", **SEEN, **change})) is sees


@pytest.mark.django_db
def test_a_file_of_a_matter_is_seen_by_its_unit_and_its_territory_and_hidden_as_if_it_were_not_there(
    now: datetime,
) -> None:
    matter = Matter.objects.create(
        flow="case", state="handling", unit_id=3, territory="610104001001", opened_at=now
    )
    file = stored(picture(), now, RESIDENT_1)
    actions.attach([file.pk], matter_id=matter.pk, owner="report:7", purpose="report")
    handler, other = (
        Viewer("post:3", HANDLER, units=frozenset({3})),
        Viewer("post:5", HANDLER, units=frozenset({5})),
    )
    for viewer in (handler, CLERK_1, RESIDENT_1):
        row, content = queries.open_for(viewer, file.pk, "small")
        content.close()
        assert row.pk == file.pk
        assert [f.pk for f in queries.of_matter(matter.pk, viewer=viewer)] == [file.pk]
    assert queries.of_matter(matter.pk, viewer=other) == []
    codes = set()
    for viewer, number in ((other, file.pk), (handler, 999_999)):
        with pytest.raises(NotThere) as hidden:
            queries.open_for(viewer, number)
        codes.add((hidden.value.code, hidden.value.message))
    assert len(codes) == 1
    with pytest.raises(Forbidden):
        actions.set_visibility(file.pk, "public", viewer=RESIDENT_1)
    actions.set_visibility(file.pk, "public", viewer=handler)
    assert [f.pk for f in queries.of_matter(matter.pk, viewer=PUBLIC)] == [file.pk]


@pytest.mark.django_db
def test_a_signed_address_works_for_ten_minutes_and_for_one_file(now: datetime) -> None:
    file = stored(picture(), now)
    token = queries.sign(file, at=now, size="small")
    for seconds, good in ((0, True), (600, True), (601, False)):
        at = now + timedelta(seconds=seconds)
        if good:
            found, content = queries.open_signed(token, at=at)
            assert content.read() == content_of(file, thumbnail=True)
            content.close()
            assert found.pk == file.pk
        else:
            with pytest.raises(Forbidden):
                queries.open_signed(token, at=at)
    for bad in (token[:-2], "x", queries.ticket(file, at=now)):
        with pytest.raises(Forbidden):
            queries.open_signed(bad, at=now)
    default_storage.delete(file.thumbnail)
    with pytest.raises(NotThere):
        queries.open_signed(token, at=now)

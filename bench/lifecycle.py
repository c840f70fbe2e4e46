"""Whole lifecycles through the HTTP API: report, accept, dispatch, sign, finish, confirm, judge; seven requests by four people.

Every synthetic user has sessions of its own (dispatcher, handler, checker) and a resident without one; each step gives the version
that the answer before it showed. The worker that delivers the outbox runs on the same cores. A lifecycle counts when its last
answer is there. A second run uploads a photo of the result in every lifecycle.
"""

from __future__ import annotations

import io
import os
import random
import statistics
from collections.abc import Callable

from bench import sentences, serve
from bench.drive import Client, together
from bench.people import signed_in
from bench.rows import Row, ms

TARGET = 30.0
USERS = 12
KIND, KIND_WITH_PHOTO = "H0186", "C0137"
UNIT, HANDLER = "urban_management", "urban"


def _photo(dice: random.Random) -> bytes:
    """A JPEG as a telephone scales it for sending: 1280 × 960, every one different."""
    from PIL import Image

    small = Image.frombytes("RGB", (64, 48), dice.randbytes(64 * 48 * 3))
    out = io.BytesIO()
    small.resize((1280, 960), Image.Resampling.BICUBIC).save(out, "JPEG", quality=80)
    return out.getvalue()


def _upload(client: Client, photo: bytes) -> str:
    edge = "----bench"
    body = (
        f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="after.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'.encode()
        + photo
        + f"\r\n--{edge}--\r\n".encode()
    )
    status, answer = client.ask("POST", "/api/files", body, kind=f"multipart/form-data; boundary={edge}")
    import json

    if status != 201:
        raise RuntimeError(f"a photo is answered with {status}: {answer[:200]!r}")
    return str(json.loads(answer)["ticket"])


def lifecycles(port: int, *, photos: bool) -> Callable[[int], Callable[[], None]]:
    """The work of one user: one lifecycle."""

    def make(user: int) -> Callable[[], None]:
        dice = random.Random(user * 1000 + int.from_bytes(os.urandom(3), "big"))
        resident = Client(port)
        dispatcher, handler, checker = (
            signed_in(port, login) for login in ("dispatcher", HANDLER, "checker")
        )
        units = dispatcher.json("GET", "/api/units?kind=department")
        unit = next(found["id"] for found in units if found["code"] == UNIT)
        pictures = [_photo(dice) for _ in range(4)] if photos else []

        def step(who: Client, case: str, name: str, **body: object) -> int:
            return int(who.json("POST", f"/api/cases/{case}/{name}", body)["version"])

        def work() -> None:
            key = f"Idempotency-Key: {dice.getrandbits(96):x}\r\n"
            receipt = resident.json("POST", "/api/reports", sentences.report(dice), expect=201, more=key)
            case = receipt["case"]
            version = step(dispatcher, case, "accept", kind=KIND_WITH_PHOTO if photos else KIND, version=1)
            version = step(dispatcher, case, "dispatch", unit=unit, version=version)
            version = step(handler, case, "sign", version=version)
            shown = [_upload(handler, dice.choice(pictures) + dice.randbytes(8))] if photos else []
            version = step(
                handler, case, "finish", result="已到现场处理完毕。", photos=shown, version=version
            )
            step(checker, case, "confirm", finding="现场核查，问题已解决。", version=version)
            end = resident.json(
                "POST",
                f"/api/reports/{receipt['link']}/judge",
                {"solved": True, "grade": dice.choice((3, 4, 5, 5))},
            )
            if end["state"] != "judged":
                raise RuntimeError(f"a lifecycle ended as {end['state']}")

        return work

    return make


def run(quick: bool = False) -> list[Row]:
    """Measure; PostgreSQL at DATABASE_URL, loaded."""
    rounds, seconds = (2, 4.0) if quick else (3, 15.0)
    environ = dict(os.environ)
    sentences.points()
    with serve.product(environ, worker=True) as (port, _pid):
        plain = [together(USERS, seconds, lifecycles(port, photos=False), warm=2) for _ in range(rounds)]
        pictured = together(USERS, seconds, lifecycles(port, photos=True), warm=2)
    with serve.product(environ) as (port, _pid):
        alone = together(USERS, seconds, lifecycles(port, photos=False), warm=2)
    for measured in (*plain, pictured, alone):
        measured.check()
    rate = statistics.median(m.rate for m in plain)
    middle, late = (statistics.median(m.quantile(share) for m in plain) for share in (0.5, 0.95))
    return [
        Row(
            "whole lifecycles (report → … → judged, all through the API), PostgreSQL, 2 cores",
            f"{TARGET:.0f}/s",
            f"{rate:.1f}/s",
            rate >= TARGET,
            floor="6.3/s on 16 cores (a known system)",
            ratio=f"{rate / 6.3:.1f} ×",
            note=f"{USERS} users, the worker delivering beside them; a lifecycle takes p50 {ms(middle)}, p95 {ms(late)}; "
            f"with a photo of the result in each {pictured.rate:.1f}/s; without the worker {alone.rate:.1f}/s",
        )
    ]

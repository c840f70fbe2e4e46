"""``gongbi devices listen``: readings of devices from the broker (GONGBI_MQTT), and what is to be made of them."""

import argparse
import signal
import threading
from typing import Any

from gongbi.ops.console import django_ready
from gongbi.ops.processes import die_with_parent

EXAMPLE = "GONGBI_MQTT=mqtts://gongbi:secret@broker:8883 gongbi devices listen"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("listen",), help="listen: until it is stopped")
    parser.add_argument("--supervised", action="store_true", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    if args.supervised:
        die_with_parent()
    django_ready()
    from django.conf import settings
    from django.utils import timezone

    from gongbi.channels.devices import listening

    stop = threading.Event()

    def end(_number: int, _frame: Any) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    broker = listening.broker(settings.MQTT, settings.MQTT_CA)
    listening.run(broker, client_id=f"gongbi-{settings.DISTRICT_CODE}", stop=stop, now=timezone.now)
    return 0

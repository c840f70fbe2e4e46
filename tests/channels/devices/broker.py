"""A real Mosquitto with a throw-away certificate, set up as docs/devices.md says."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PAGE = Path(__file__).resolve().parents[3] / "docs" / "devices.md"
PROGRAM = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


@dataclass(frozen=True, slots=True)
class Broker:
    """A running broker; ``url`` is what GONGBI_MQTT takes."""

    port: int
    authority: Path
    passwords: Mapping[str, str]

    @property
    def url(self) -> str:
        return f"mqtts://gongbi:{self.passwords['gongbi']}@127.0.0.1:{self.port}"


def _certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that signs itself, good for an hour."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gongbi test broker")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    (folder / "broker.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "broker.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return folder / "broker.pem"


def _of_the_page(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None, f"docs/devices.md has no {language} block"
    return found[1]


@contextlib.contextmanager
def running(folder: Path, users: Mapping[str, str]) -> Iterator[Broker]:
    """The broker of the page on a free port, with these users and passwords."""
    assert PROGRAM is not None
    folder.mkdir(parents=True, exist_ok=True)
    authority = _certificate(folder)
    passwords = folder / "passwords"
    passwords.touch(mode=0o600)
    for user, password in users.items():
        subprocess.run(
            ["mosquitto_passwd", "-b", str(passwords), user, password], check=True, capture_output=True
        )
    (folder / "acl").write_text(_of_the_page("acl"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    config = _of_the_page("conf")
    for there, here in (
        ("listener 8883", f"listener {port} 127.0.0.1"),
        ("/etc/mosquitto/certs/broker.pem", str(authority)),
        ("/etc/mosquitto/certs/broker.key", str(folder / "broker.key")),
        ("/etc/mosquitto/gongbi.passwords", str(passwords)),
        ("/etc/mosquitto/gongbi.acl", str(folder / "acl")),
        ("/var/lib/mosquitto/", f"{folder}/"),
    ):
        assert there in config, there
        config = config.replace(there, here)
    (folder / "mosquitto.conf").write_text(
        config + "user root\n"
    )  # who starts the tests can read these files
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([PROGRAM, "-c", str(folder / "mosquitto.conf")], stdout=log, stderr=log)
    try:
        until = time.monotonic() + 10
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if time.monotonic() > until or process.poll() is not None:
                raise RuntimeError((folder / "log").read_text(errors="replace"))
            time.sleep(0.05)
        yield Broker(port, authority, users)
    finally:
        process.terminate()
        process.wait(10)

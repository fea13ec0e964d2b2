"""E-mail through a real mail server: EMAIL_URL as an operator writes it."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lms.settings import env
from operations import mail, notify
from operations.models import Delivery
from tests.lms.backends.processes import free_port

pytestmark = pytest.mark.django_db(transaction=True)


class Letters:
    """What the server took in."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, list[str], str]] = []
        self.users: list[bytes] = []

    async def handle_DATA(self, server, session, envelope):
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content.decode()))
        return "250 OK"

    def authenticate(self, server, session, envelope, mechanism, data):
        self.users.append(data.login)
        return AuthResult(success=data.password == b"pass word%")


def certificate(folder):
    """A certificate for 127.0.0.1 that signs itself, and its key, in one file each."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def server():
    """`server(**options)` starts one; returns its letters and its port."""
    running = []

    def start(**options):
        letters = Letters()
        controller = Controller(letters, hostname="127.0.0.1", port=free_port(), **options)
        if options.get("auth_required"):
            controller.SMTP_kwargs["authenticator"] = letters.authenticate
        controller.start()
        running.append(controller)
        return letters, controller.port

    yield start
    for controller in running:
        controller.stop()


def use(settings, url):
    for name, value in env.email_url_config(url).items():
        setattr(settings, name, value)


def tell(person):
    """A message that goes out at once."""
    person.email = "awa@example.org"
    person.save()
    message = notify.notify(person, "courses.due-soon", context={"code": "K1", "day": "2026-12-01"})
    Delivery.objects.update(due=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    return message


def test_an_e_mail_about_a_message_arrives_once(server, settings, cast):
    letters, port = server()
    use(settings, f"smtp://127.0.0.1:{port}")
    tell(cast.awa)
    assert mail.send_due()["sent"] == 1
    assert mail.send_due()["sent"] == 0
    [(sender, recipients, content)] = letters.taken
    assert (sender, recipients) == ("kalanso@localhost", ["awa@example.org"])
    assert "Subject:" in content and Delivery.objects.get().state == Delivery.State.SENT


def test_tls_and_a_password_with_special_characters(server, settings, cast, tmp_path, monkeypatch):
    cert, key = certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    letters, port = server(tls_context=context, require_starttls=True, auth_required=True)
    use(settings, f"smtp+tls://kalanso:pass%20word%25@127.0.0.1:{port}")

    tell(cast.awa)
    assert mail.send_due() == {"sent": 0, "waiting": 1, "unknown": 0}, "nobody vouches for that certificate"
    assert not letters.taken and not letters.users

    monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    Delivery.objects.update(due=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    assert mail.send_due()["sent"] == 1
    assert letters.users == [b"kalanso"] and len(letters.taken) == 1


def test_a_server_that_does_not_answer_loses_nothing(settings, cast):
    use(settings, f"smtp://127.0.0.1:{free_port()}")
    assert settings.EMAIL_TIMEOUT
    tell(cast.awa)
    assert mail.send_due() == {"sent": 0, "waiting": 1, "unknown": 0}
    assert Delivery.objects.get().state == Delivery.State.WAITING

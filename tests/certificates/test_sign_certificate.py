import asyncio
import shutil
import stat
import subprocess
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from multiprocessing import get_context

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from defusedxml.ElementTree import fromstring
from django.utils.translation import override
from pypdf import PdfReader, PdfWriter

from certificates.pdf import render
from certificates.signing import Signer, SigningKeyError, check, ensure_signer, sign, trusted_certificates
from tests.certificates.samples import ORDINARY

WHEN = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
PDFSIG = shutil.which("pdfsig")


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("data") / "signing"


@pytest.fixture(scope="module")
def signer(directory):
    return ensure_signer(directory, organisation="Direction nationale de l'administration pénitentiaire")


@pytest.fixture(scope="module")
def signed(signer):
    return sign(render(ORDINARY), signer, reason="Certificat KAL-2026", location="Bamako", when=WHEN)


def test_signing_and_checking_work_where_an_event_loop_runs(signer):
    async def inside() -> bool:
        paper = sign(render(ORDINARY), signer, reason="Certificat KAL-2026", location="Bamako", when=WHEN)
        return check(paper, signer).valid

    with ThreadPoolExecutor(max_workers=1) as thread:  # the browser's loop may run in this one
        assert thread.submit(asyncio.run, inside()).result()


def poppler(pdf, tmp_path):
    file = tmp_path / "certificate.pdf"
    file.write_bytes(pdf)
    return subprocess.run([PDFSIG, "-nocert", file], capture_output=True, text=True, timeout=30).stdout


def authority(directory, *, passphrase=b""):
    """An operator's own key (P-256) with a certificate issued by an authority; returns the two files."""
    directory.mkdir(exist_ok=True)
    root_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())

    def certificate(name, key, issuer, issuer_key, is_authority):
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.now(UTC) - timedelta(days=1))
            .not_valid_after(datetime.now(UTC) + timedelta(days=100))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(not is_authority, False, False, False, False, is_authority, is_authority, False, False),
                critical=True,
            )
            .sign(issuer_key, hashes.SHA256())
        )

    root = certificate("Autorité nationale", root_key, "Autorité nationale", root_key, True)
    leaf = certificate("Ministère de la Justice", leaf_key, "Autorité nationale", root_key, False)
    pem = serialization.Encoding.PEM
    protection = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    (directory / "key.pem").write_bytes(leaf_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, protection))
    (directory / "chain.pem").write_bytes(leaf.public_bytes(pem) + root.public_bytes(pem))
    return {"key_file": directory / "key.pem", "chain_file": directory / "chain.pem"}


def test_a_signed_certificate_is_valid_and_names_its_signer(signed, signer):
    report = check(signed, signer)
    assert report.valid
    assert report.problems == ()
    assert report.signer == signer.name == "Direction nationale de l'administration pénitentiaire"
    assert report.signed_at == WHEN


@pytest.mark.skipif(not PDFSIG, reason="poppler's pdfsig is not installed")
def test_poppler_finds_it_valid_and_whole_and_refuses_a_changed_byte(signed, tmp_path):
    said = poppler(signed, tmp_path)
    assert "Signature is Valid" in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said
    changed = bytearray(signed)
    changed[len(changed) // 3] ^= 1
    assert "Signature is Valid" not in poppler(bytes(changed), tmp_path)


def test_the_signature_certifies_and_allows_no_change(signed):
    root = PdfReader(BytesIO(signed)).root_object
    signature = root["/Perms"]["/DocMDP"].get_object()
    assert signature["/Reference"][0].get_object()["/TransformParams"]["/P"] == 1
    assert signature["/SubFilter"] == "/ETSI.CAdES.detached"
    assert signature["/Reason"] == "Certificat KAL-2026"
    assert signature["/Location"] == "Bamako"


def test_what_makes_the_file_accessible_survives_signing(signed):
    reader = PdfReader(BytesIO(signed))
    assert reader.root_object["/MarkInfo"]["/Marked"]
    metadata = fromstring(reader.root_object["/Metadata"].get_data().decode().partition("?>")[2])
    stated = {}
    for element in metadata.iter():  # pyHanko writes as attributes what typst wrote as elements
        stated |= {element.tag: element.text, **element.attrib}
    assert stated["{http://www.aiim.org/pdfa/ns/id/}part"] == "3"
    assert stated["{http://www.aiim.org/pdfa/ns/id/}conformance"] == "A"
    assert stated["{http://www.aiim.org/pdfua/ns/id/}part"] == "1"
    assert len(reader.pages) == 1
    field = reader.root_object["/AcroForm"]["/Fields"][0].get_object()
    assert field["/TU"] == "Certificat KAL-2026"


def test_one_changed_byte_anywhere_in_what_was_signed_is_refused(signed, signer):
    # The signature's own container, padded with noughts, is all that lies outside the signed ranges.
    start, length, second, rest = PdfReader(BytesIO(signed)).root_object["/Perms"]["/DocMDP"].get_object()["/ByteRange"]
    assert (start, second + rest) == (0, len(signed))
    for place in [*range(0, length, length // 40), *range(second, len(signed), max(1, rest // 20))]:
        changed = bytearray(signed)
        changed[place] ^= 0x20
        report = check(bytes(changed), signer)
        assert not report.valid, place
        assert report.problems


def test_a_name_exchanged_in_an_added_revision_is_refused(signed, signer):
    writer = PdfWriter(BytesIO(signed), incremental=True)
    writer.add_metadata({"/Title": "Forged"})
    out = BytesIO()
    writer.write(out)
    report = check(out.getvalue(), signer)
    assert not report.valid
    assert not report.covers_whole


@pytest.mark.parametrize("junk", [b"", b"hello", b"%PDF-1.7\n%%EOF", b"%PDF-1.7\n" + b"[" * 100_000, b"\x00" * 5000])
def test_a_file_that_is_no_signed_pdf_gets_a_sentence_and_no_error(junk, signer):
    report = check(junk, signer)
    assert not report.valid
    assert report.problems[0].endswith(".")


def test_an_unsigned_certificate_is_said_to_be_unsigned(signer):
    report = check(render(ORDINARY), signer)
    assert not report.signed
    with override("en"):
        assert check(render(ORDINARY), signer).problems == ("This file carries no signature.",)


def test_a_stranger_s_signature_is_intact_but_not_trusted(signer, tmp_path):
    stranger = ensure_signer(tmp_path / "other", organisation=signer.name)
    report = check(sign(render(ORDINARY), stranger, reason="", location="", when=WHEN), signer)
    assert report.intact
    assert not report.trusted
    assert not report.valid


def test_the_key_is_readable_by_its_owner_alone(signer, directory):
    for path in (directory, directory / "current", directory / "trusted"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_IMODE((directory / "current" / "key.pem").stat().st_mode) == 0o600
    assert "PRIVATE" not in repr(signer)
    assert "key" not in repr(signer)


def test_the_certificate_holds_ten_years_and_is_no_authority(signer):
    certificate = signer.chain[0]
    assert signer.valid_until > datetime.now(UTC) + timedelta(days=3650)
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert certificate.subject.get_attributes_for_oid(NameOID.COUNTRY_NAME)[0].value == "ML"


def test_a_very_long_or_empty_organisation_still_gives_a_key(tmp_path):
    assert len(ensure_signer(tmp_path / "long", organisation="Ministère " * 30).name) <= 64
    assert ensure_signer(tmp_path / "empty", organisation=" ").name


def _fingerprint(directory):
    return ensure_signer(directory, organisation="Direction").fingerprint


def test_processes_starting_at_once_share_one_key(tmp_path):
    with ProcessPoolExecutor(4, mp_context=get_context("fork")) as pool:
        found = set(pool.map(_fingerprint, [tmp_path / "signing"] * 8))
    assert len(found) == 1
    assert sorted(p.name for p in (tmp_path / "signing").iterdir()) == ["current", "trusted"]


def test_the_same_key_is_used_the_next_time(signer, directory):
    assert ensure_signer(directory, organisation="Another name").fingerprint == signer.fingerprint


def test_an_operator_s_key_with_passphrase_and_chain_signs_and_older_papers_stay_valid(
    signer, signed, directory, tmp_path
):
    files = authority(tmp_path / "own", passphrase=b"secret")
    own = ensure_signer(directory, organisation="", passphrase="secret", **files)
    assert own.name == "Ministère de la Justice"
    fresh = sign(render(ORDINARY), own, reason="", location="", when=WHEN)
    assert check(fresh, own).valid
    assert check(signed, own).valid
    assert len(trusted_certificates(directory)) == 2


@pytest.mark.parametrize(
    "case", ["passphrase", "other key", "no certificate", "no key", "one name", "half a directory"]
)
def test_a_key_that_cannot_be_used_says_why(case, tmp_path):
    files = authority(tmp_path / "own", passphrase=b"secret")
    passphrase = "secret"
    if case == "passphrase":
        passphrase = "wrong"
    elif case == "other key":
        files["key_file"] = authority(tmp_path / "second", passphrase=b"secret")["key_file"]
    elif case == "no certificate":
        files["chain_file"].write_text("nothing")
    elif case == "no key":
        files["key_file"].unlink()
    elif case == "one name":
        files.pop("chain_file")
    else:
        ensure_signer(tmp_path / "signing", organisation="x")
        (tmp_path / "signing" / "current" / "chain.pem").unlink()
        files = {}
    with pytest.raises(SigningKeyError) as refused:
        ensure_signer(tmp_path / "signing", organisation="x", passphrase=passphrase, **files)
    assert str(refused.value).endswith(".")


def test_a_key_made_with_a_passphrase_needs_it(tmp_path):
    made = ensure_signer(tmp_path / "signing", organisation="x", passphrase="secret")
    assert isinstance(made, Signer)
    with pytest.raises(SigningKeyError):
        ensure_signer(tmp_path / "signing", organisation="x")


def test_a_time_without_zone_is_refused(signer):
    with pytest.raises(ValueError):
        sign(render(ORDINARY), signer, reason="", location="", when=WHEN.replace(tzinfo=None))

"""The machine-readable forms of a certificate, checked by verifiers that are not ours: openbadgeslib (Open Badges) and
joserfc (JOSE)."""

from __future__ import annotations

import contextlib
import copy
import json
import multiprocessing
import uuid
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.test import override_settings
from django.utils.translation import override
from joserfc import jws
from joserfc.jwk import OKPKey
from openbadgeslib.ob3.contexts import load_context
from openbadgeslib.ob3.ldp import OB3LdpVerifier, verify_data_integrity_proof
from openbadgeslib.ob3.verifier import OB3VerificationError, OB3Verifier

from certificates import badge_checking, badges, keys, proofs, services, status
from certificates.models import Credential
from certificates.paper import square_code
from certificates.privacy import erase
from certificates.signer import recognised
from certificates.signing import check
from tests.certificates.conftest import SCORE
from tests.people.entrance import protect

pytestmark = pytest.mark.django_db

HOST = "kalanso.example"
SITE = f"https://{HOST}"
DID = f"did:web:{HOST}"


@pytest.fixture(autouse=True)
def site(settings, tmp_path):
    settings.SITE_URL = SITE
    settings.SIGNING_DIR = tmp_path / "signing"


@pytest.fixture
def fetch(client_for):
    """What a verifier elsewhere gets from our addresses, and from no others."""

    def get(url: str) -> bytes:
        assert url.startswith(SITE + "/"), url
        response = client_for().get(url.removeprefix(SITE))
        assert response.status_code == 200, url
        return response.content

    return get


@pytest.fixture
def badge(credential, fetch) -> dict:
    return json.loads(fetch(badges.address_of(credential)))


@pytest.fixture
def token(credential, fetch) -> str:
    return fetch(badges.address_of(credential) + ".jwt").decode()


def verify_json(document, fetch):
    return OB3LdpVerifier.for_issuer_did(DID).verify(document, download=fetch)


def verify_jwt(token, fetch, **more):
    return OB3Verifier.for_issuer_did(DID, download=fetch).verify(token, download=fetch, **more)


def check_badge(data: bytes) -> badge_checking.Finding:
    """In English, whatever page was fetched last."""
    with override("en"):
        return badge_checking.check_badge(data)


def command(*files) -> list[dict]:
    out = StringIO()
    with contextlib.suppress(SystemExit), override("en"):
        call_command("verify_credential", *map(str, files), stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


# --- what others verify ---------------------------------------------------------------------------------------------


def test_others_verify_the_json_with_its_proof(credential, badge, fetch):
    verified = verify_json(badge, fetch)
    assert verified.issuer.id == DID
    assert badge["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    achievement = badge["credentialSubject"]["achievement"]
    assert "évaluation finale" in achievement["criteria"]["narrative"]
    assert next(entry["targetUrl"] for entry in achievement["alignment"]) == f"{SITE}/fr/programme/"


def test_others_verify_the_jwt_and_its_status(token, fetch):
    verify_jwt(token, fetch, check_status=True)
    published = json.loads(fetch(f"{SITE}/.well-known/did.json"))
    [method] = published["verificationMethod"]
    key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": keys.current_key().public.x})
    with pytest.warns(Warning, match="EdDSA"):
        payload = json.loads(jws.deserialize_compact(token, key, algorithms=["EdDSA"]).payload)
    assert payload["iss"] == payload["issuer"]["id"] == DID and payload["jti"] == payload["id"]
    assert payload["sub"] == payload["credentialSubject"]["id"] and method["id"].startswith(f"{DID}#")


def test_our_context_says_of_our_terms_what_the_published_one_says(badge):
    own = json.loads(proofs.CONTEXTS[proofs.OB_CONTEXT].read_text())["@context"]

    def compare(ours, theirs, path=""):
        for name, value in ours.items():
            if isinstance(value, dict):
                compare(value, theirs[name], f"{path}/{name}")
            else:
                assert theirs[name] == value, f"{path}/{name}"

    compare(own, load_context(proofs.OB_CONTEXT)["@context"])
    assert json.loads(proofs.CONTEXTS[proofs.VC_CONTEXT].read_text()) == load_context(proofs.VC_CONTEXT)


FIELDS = [
    ("name",),
    ("validFrom",),
    ("validUntil",),
    ("issuer", "name"),
    ("credentialSubject", "id"),
    ("credentialSubject", "identifier", 0, "identityHash"),
    ("credentialSubject", "achievement", "name"),
    ("credentialSubject", "achievement", "criteria", "narrative"),
    ("credentialSubject", "achievement", "alignment", 0, "targetName"),
    ("credentialStatus", "statusListIndex"),
]


@pytest.mark.parametrize("path", FIELDS, ids=lambda path: ".".join(map(str, path)))
def test_a_changed_field_is_refused_by_others_and_named_by_us(badge, fetch, tmp_path, path):
    changed = copy.deepcopy(badge)
    *way, last = path
    place = changed
    for step in way:
        place = place[step]
    dates = {"validFrom": "2020-01-01T00:00:00Z", "validUntil": "2099-01-01T00:00:00Z"}
    place[last] = dates.get(last, "urn:uuid:" + str(uuid.uuid4()) if last == "id" else place[last] + "0")
    with pytest.raises(OB3VerificationError):
        verify_json(changed, fetch)
    file = tmp_path / "badge.json"
    file.write_text(json.dumps(changed))
    [answer] = command(file)
    named = ".".join(step for step in path if isinstance(step, str))
    assert not answer["ok"] and any(f"{named}." in reason for reason in answer["reasons"]), answer


def test_what_is_added_or_taken_away_is_named(badge):
    added = {**badge, "score": SCORE}
    assert any("score" in problem for problem in check_badge(json.dumps(added).encode()).problems)
    without = {name: value for name, value in badge.items() if name != "validUntil"}
    assert any("validUntil" in problem for problem in check_badge(json.dumps(without).encode()).problems)
    bare = {name: value for name, value in badge.items() if name != "proof"}
    assert check_badge(json.dumps(bare).encode()).problems == ["This badge carries no signature."]


def test_a_jwt_with_another_payload_or_no_algorithm_is_refused(token, fetch, tmp_path):
    header, payload, signature = token.split(".")
    claims = json.loads(keys.from_base64url(payload))
    claims["credentialSubject"]["achievement"]["name"] = "Autre chose"
    forged = f"{header}.{keys.base64url(json.dumps(claims).encode())}.{signature}"
    no_algorithm = keys.base64url(b'{"alg":"none"}')
    none = f"{no_algorithm}.{payload}."
    files = [tmp_path / "good.jwt", tmp_path / "forged.jwt", tmp_path / "none.jwt"]
    for file, text in zip(files, [token, forged, none], strict=True):
        file.write_text(text)
    for text in (forged, none):
        with pytest.raises(OB3VerificationError):
            verify_jwt(text, fetch)
    good, bad, unsigned = command(*files)
    assert good["ok"] and good["form"] == "jwt", good
    assert "credentialSubject.achievement.name" in bad["reasons"][0]
    assert not unsigned["ok"] and any("alg" in reason for reason in unsigned["reasons"])


@pytest.mark.parametrize(
    "content", [b"{", b"{}", b'{"proof":{}}', b"[" * 100_000, b"a.b.c", b"KAL K1.a.b", b"\xff{", b""]
)
def test_hostile_files_are_answered(content, tmp_path):
    file = tmp_path / "x"
    file.write_bytes(content)
    [answer] = command(file)
    assert not answer["ok"] and answer["reasons"]


# --- revocation -----------------------------------------------------------------------------------------------------


def test_what_is_revoked_stands_in_the_list_at_once(credential, badge, token, cast, fetch):
    services.revoke(credential=credential, reason="Fraude", actor=cast.admin)
    with pytest.raises(OB3VerificationError, match="is set"):
        verify_jwt(token, fetch, check_status=True)
    url = badge["credentialStatus"]["statusListCredential"]
    listed = json.loads(fetch(url))
    verify_data_integrity_proof(listed, keys.current_key().private.public_key())
    assert listed["issuer"] == DID and "Fraude" not in json.dumps(listed)
    found = check_badge(json.dumps(badge).encode())
    assert found.credential.standing == "revoked" and len(found.problems) == 1
    credential.refresh_from_db()
    assert status.revoked() == [credential.status_index]


def test_places_in_the_list_are_drawn_and_no_two_are_the_same(completed, cast):
    people = [cast.awa, cast.issa, cast.mariam, cast.oumar]
    places = [status.index_of(completed(person).credentials.get()) for person in people]
    assert len(set(places)) == 4 and all(0 <= place < status.LENGTH for place in places)
    assert sorted(places) != list(range(min(places), min(places) + 4))


# --- keys -----------------------------------------------------------------------------------------------------------


def test_after_a_rotation_the_old_badge_still_verifies_and_new_ones_bear_the_new_key(credential, badge, token, fetch):
    code = square_code(credential, "fr").encode()
    with services.render(credential=credential, language="fr").file.open() as file:
        paper = file.read()
    with time_machine.travel("2027-03-01T12:00:00Z"):
        call_command("rotate_signing_key", stdout=StringIO())
        verify_json(badge, fetch)
        verify_jwt(token, fetch)
        for old in (json.dumps(badge).encode(), token.encode(), code):
            assert check_badge(old).problems == []
        assert check(paper, recognised()).valid
        fresh = json.loads(fetch(badges.address_of(credential)))
        assert fresh["proof"]["verificationMethod"] != badge["proof"]["verificationMethod"]
        verify_json(fresh, fetch)
    new, old = keys.published_keys()
    assert old.until == new.since and not new.until


def test_nothing_that_a_withdrawn_key_signed_counts(credential, badge, token, fetch):
    code = square_code(credential, "fr").encode()
    call_command("rotate_signing_key", "--only", "badges", "--withdraw", stdout=StringIO())
    with pytest.raises(OB3VerificationError):
        verify_json(badge, fetch)
    for old in (json.dumps(badge).encode(), token.encode(), code):
        assert any("given up" in problem for problem in check_badge(old).problems)


def test_the_private_half_of_an_old_key_is_gone_and_files_are_the_owners(credential, settings, fetch):
    fetch(badges.address_of(credential))
    keys.rotate()
    folder = settings.SIGNING_DIR / "ed25519"
    assert [file.name for file in folder.iterdir() if file.is_file()] == ["current.pem"]
    assert folder.stat().st_mode & 0o777 == 0o700 and (folder / "current.pem").stat().st_mode & 0o777 == 0o600


# --- discretion -----------------------------------------------------------------------------------------------------


def test_a_badge_holds_hashes_in_place_of_name_and_number_and_no_score(credential, badge, token):
    everything = json.dumps(badge, ensure_ascii=False) + keys.from_base64url(token.split(".")[1]).decode()
    for hidden in ("Diarra", "Awa", credential.number, "ML-AWA", "awa@", f'"{SCORE}"', f" {SCORE}"):
        assert hidden not in everything
    hashes = {entry["identityType"]: entry for entry in badge["credentialSubject"]["identifier"]}
    for kind, value in (("name", credential.holder_name), (badges.NUMBER_TYPE, credential.number)):
        assert hashes[kind]["identityHash"] == badges.identity_hash(value, hashes[kind]["salt"])


def test_a_protected_persons_badge_and_code_say_nothing_of_the_name(credential, cast, fetch):
    protect(cast.awa)
    document = json.loads(fetch(badges.address_of(credential)))
    assert [entry["identityType"] for entry in document["credentialSubject"]["identifier"]] == [badges.NUMBER_TYPE]
    verify_json(document, fetch)
    body = keys.from_base64url(square_code(credential, "fr").split(".")[-2]).decode()
    assert "Diarra" not in body and body.endswith("\n\n")


def test_only_the_address_that_cannot_be_guessed_leads_to_a_badge(credential, client_for):
    client = client_for()
    assert client.get(f"/badges/{uuid.uuid4()}", follow=True).status_code == 404
    assert client.get(f"/badges/{credential.number}", follow=True).status_code == 404
    assert client.get("/badges/status/2", follow=True).status_code == 404
    found = client.get(f"/badges/{credential.pk}")
    assert found["Cache-Control"] == "no-store" and "noindex" in found["X-Robots-Tag"] and not found.cookies
    Credential.objects.filter(pk=credential.pk).update(status="reserved")
    assert client.get(f"/badges/{credential.pk}", follow=True).status_code == 404


def test_what_was_erased_is_gone_and_its_bit_is_set(credential, cast, client_for):
    status.index_of(credential)
    erase(cast.awa)
    assert client_for().get(f"/badges/{credential.pk}").status_code == 410
    assert status.revoked() == [credential.status_index]


def test_asking_again_signs_nothing_anew(credential, fetch, django_assert_max_num_queries):
    address = badges.address_of(credential)
    first = fetch(address)
    with django_assert_max_num_queries(8):
        assert fetch(address) == first


# --- the square code ------------------------------------------------------------------------------------------------


def test_the_square_code_verifies_and_every_change_is_noticed(credential, tmp_path):
    code = square_code(credential, "fr")
    assert check_badge(code.encode()).problems == []
    where = code.index("#") + 4
    for place in (where, where + 30, len(code) - 5):
        symbol = "A" if code[place] != "A" else "B"
        assert check_badge((code[:place] + symbol + code[place + 1 :]).encode()).problems
    other = "KAL-2026-7F3K-9Q2M-XT41-9C"
    assert check_badge(code.replace(credential.number, other).encode()).problems


def _name_of_key(folder, barrier, names):
    with override_settings(SIGNING_DIR=folder):
        barrier.wait()
        names.put(keys.current_key().public.name)


def test_processes_that_start_together_make_one_key(settings):
    together = multiprocessing.get_context("fork")
    barrier, names = together.Barrier(8), together.Queue()
    started = [together.Process(target=_name_of_key, args=(settings.SIGNING_DIR, barrier, names)) for _one in range(8)]
    for process in started:
        process.start()
    found = {names.get(timeout=60) for _one in started}
    for process in started:
        process.join()
    assert found == {key.name for key in keys.published_keys()} and len(found) == 1

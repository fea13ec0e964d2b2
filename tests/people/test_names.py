"""How people are called: by name, or, where they are protected, by the pseudonym; and the word they choose."""

from __future__ import annotations

import datetime as dt
import re
import time

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from wagtail.admin.utils import get_user_display_name

from certificates.paper import name_on_paper
from operations.audit import record_change
from operations.errors import Refused
from operations.models import AuditEntry
from people import services
from people.access import forget
from people.models import Clearance, Protection, User
from people.names import is_protected, shown_name, shown_names
from people.queries.confirmation import word_confirms
from tests.people.entrance import protect

pytestmark = pytest.mark.django_db

PSEUDONYM = "Magistrat M-07"
NAME = ("Diarra", "ML-AWA", "awa@")


@pytest.fixture
def awa(cast):
    protect(cast.awa, PSEUDONYM)
    return cast.awa


def cleared(person: User) -> User:
    Clearance.objects.create(user=person, reason="test", since=dt.date(2020, 1, 1))
    forget(person)
    return person


def test_everybody_is_called_by_name_until_protected(cast):
    for viewer in (*cast, AnonymousUser()):
        assert shown_name(cast.awa, viewer) == "Awa Diarra"


@pytest.mark.parametrize("who", ["issa", "mariam", "oumar", "fanta", "seydou", "admin"])
def test_a_protected_person_is_a_pseudonym_to_others(awa, cast, who):
    assert shown_name(awa, getattr(cast, who)) == PSEUDONYM
    assert shown_name(awa, AnonymousUser()) == PSEUDONYM


def test_protected_people_read_their_own_name(awa):
    assert is_protected(awa) and shown_name(awa, awa) == "Awa Diarra"


def test_a_cleared_manager_reads_the_names_of_the_branch_and_no_others(awa, cast):
    protect(cast.seydou, "Enquêteur E-01")
    cleared(cast.mariam)
    names = shown_names([awa, cast.seydou], cast.mariam)
    assert names == {awa.pk: "Awa Diarra", cast.seydou.pk: "Enquêteur E-01"}


@pytest.mark.parametrize("who", ["issa", "oumar", "fanta", "admin"])
def test_clearance_opens_no_name_to_other_roles(awa, cast, who):
    assert shown_name(awa, cleared(getattr(cast, who))) == PSEUDONYM


def test_what_has_ended_or_not_begun_protects_nobody(awa, cast):
    Protection.objects.update(until=Protection.objects.get().since)
    assert shown_name(awa, cast.mariam) == "Awa Diarra"


def test_names_cost_three_queries_however_many_people(awa, cast, django_assert_max_num_queries):
    people = [User.objects.create(username=f"p{n}", first_name=f"P{n}") for n in range(60)]
    for n, person in enumerate(people[:30]):
        protect(person, f"Personne P-{n}")
    cast.mariam.refresh_from_db()
    with django_assert_max_num_queries(4):  # one of them the viewer's roles, once a request
        assert len(shown_names([*people, None], cast.mariam)) == 60
    with django_assert_max_num_queries(0):
        assert shown_names([None], cast.mariam) == {}


# --- every page -----------------------------------------------------------------------------------------------------


def _addresses(patterns, beginning="") -> list[str]:
    """The names of all addresses of ours."""
    found = []
    for pattern in patterns:
        if isinstance(pattern, URLPattern) and pattern.name:
            found.append(pattern.name)
        elif isinstance(pattern, URLResolver) and pattern.namespace is None:
            found += _addresses(pattern.url_patterns)
    return found


@pytest.mark.parametrize("who", ["mariam", "issa", "oumar", "fanta", "admin"])
def test_no_page_names_a_protected_person(awa, cast, client_for, who):
    """Every address that needs no argument, and every one about the person, as each role sees it."""
    record_change(actor=awa, code="people.password-changed", obj=awa)
    record_change(actor=cast.mariam, code="people.protected", obj=awa, after={"kind": "magistrate"})
    viewer = getattr(cast, who)
    client = client_for(viewer)
    seen = 0
    for name in sorted(set(_addresses(get_resolver().url_patterns))):
        # The form of an account holds its name (that look is logged), the style page is written in advance.
        if name in {"account_logout", "manage-person-edit", "style"}:
            continue
        for arguments in ({}, {"key": awa.key}, {"number": "KAL-2026-0000-00"}):
            try:
                address = reverse(name, kwargs=arguments)
            except Exception:
                continue
            response = client.get(address)
            if response.status_code == 200 and not response.streaming:
                seen += 1
                text = response.content.decode(errors="ignore")
                assert not [part for part in NAME if part in text], (name, address)
    for extra in ("?q=Diarra", "?q=awa", "?query=Diarra", "?person=Diarra"):
        for page in (reverse("manage-people"), reverse("manage-people-export"), reverse("audit")):
            response = client.get(page + extra)
            if response.status_code == 200:
                text = b"".join(response) if response.streaming else response.content
                text = re.sub(
                    '(q|query|person)=[A-Za-z]+|value="[A-Za-z]+"|“Diarra”', "", text.decode()
                )  # what was typed
                assert not [part for part in NAME if part in text], page + extra
    assert seen > 20


def test_the_export_calls_protected_people_by_their_pseudonym_whoever_asks(awa, cast, client_for):
    for viewer in (cleared(cast.mariam), cast.admin):
        response = client_for(viewer).get(reverse("manage-people-export"))
        text = (b"".join(response) if response.streaming else response.content).decode()
        assert PSEUDONYM in text and not [part for part in NAME if part in text]


def test_an_administrators_look_at_the_name_is_written_down(awa, cast, client_for):
    client = client_for(cast.admin)
    address = reverse("manage-person-name", args=[awa.key])
    page = reverse("manage-person", args=[awa.key])
    assert client.get(address).headers["Location"] == page  # the page again, by its pseudonym
    for nothing in ({}, {"reason": "  "}):
        refused = client.post(address, nothing)
        assert refused.status_code == 422 and "Diarra" not in refused.content.decode()
    assert not AuditEntry.objects.filter(code="people.looked-at-name").exists()
    shown = client.post(address, {"reason": "Letter 12 of the court"}).content.decode()
    assert "Awa Diarra" in shown and "ML-AWA" in shown and "Bamako" in shown
    look = AuditEntry.objects.get(code="people.looked-at-name", actor=cast.admin)
    assert look.reason == "Letter 12 of the court" and look.about == awa
    assert "Diarra" not in client.get(page).content.decode()


def test_pages_that_tell_who_somebody_is_open_to_an_administrator_who_has_said_why(awa, cast, client_for):
    client = client_for(cast.admin)
    pages = [reverse(f"manage-person-{what}", args=[awa.key]) for what in ("edit", "transfer", "join")]
    pages.append(reverse("manage-person-leave", args=[awa.key, "mca"]))
    for page in pages:
        first = client.get(page, follow=True).content.decode()
        assert "Say first why" in first and "Diarra" not in first and "Bamako" not in first
    client.post(reverse("manage-person-name", args=[awa.key]), {"reason": "Letter 12"})
    for page in pages:
        assert client.get(page).status_code == 200
    looks = AuditEntry.objects.filter(code="people.looked-at-name")
    assert [look.reason for look in looks] == ["Letter 12"] * 5
    protect(cast.seydou, "Enquêteur E-01")  # another person is another reason
    assert client.get(reverse("manage-person-edit", args=[cast.seydou.key])).status_code == 303


def test_a_reason_given_is_good_for_a_quarter_of_an_hour(awa, cast, client_for):
    client = client_for(cast.admin)
    client.post(reverse("manage-person-name", args=[awa.key]), {"reason": "Letter 12"})
    session = client.session
    session["name-shown"] = [str(awa.key), time.time() - 1, "Letter 12"]
    session.save()
    assert client.get(reverse("manage-person-edit", args=[awa.key])).status_code == 303


def test_a_maker_of_codes_and_invitations_is_called_by_the_pseudonym(cast, client_for):
    services.make_recovery(user=cast.awa, actor=cast.mariam)
    protect(cast.mariam, "Magistrat M-08")
    page = client_for(cast.awa).get(reverse("told")).content.decode()
    assert "Magistrat M-08" in page and "Coulibaly" not in page
    listed = client_for(cast.admin).get(reverse("login-codes")).content.decode()
    assert "Coulibaly" not in listed


# --- the word -------------------------------------------------------------------------------------------------------


def test_the_word_is_chosen_on_the_account_page_and_only_its_slow_hash_is_kept(awa, client_for):
    client = client_for(awa)
    assert reverse("protection-word") in client.get("/en/account/").content.decode()
    answer = client.post("/en/account/word/", {"word": "Pirogue bleue, 14"})
    assert answer.status_code == 303
    kept = Protection.objects.get(user=awa).word
    assert kept.startswith("argon2$") and "pirogue" not in kept.lower()
    assert word_confirms(awa.pk, "PIROGUE bleue 14") and not word_confirms(awa.pk, "pirogue")
    entry = AuditEntry.objects.get(code="people.word-chosen")
    assert "irogue" not in str(entry.before) + str(entry.after)


def test_the_last_word_counts(awa):
    services.choose_word(user=awa, word="first words here")
    services.choose_word(user=awa, word="second words here")
    assert not word_confirms(awa.pk, "first words here") and word_confirms(awa.pk, "second words here")


@pytest.mark.parametrize(
    "word",
    [
        "",
        "        ",
        "court",
        "--- --- ---",
        "aaaaaaaaaaaa",
        "Madame Diarra",
        "ML-AWA 2026",
        "magistrat m 07",
        "x" * 5000,
        "Ba-fili-4821-Joliba",
        "\x00\x00\x00\x00\x00\x00\x00\x00",
    ],
)
def test_a_word_that_is_short_known_or_the_password_is_refused_in_words(awa, client_for, word):
    with pytest.raises(Refused):
        services.choose_word(user=awa, word=word)
    assert client_for(awa).post("/en/account/word/", {"word": word}).status_code == 422
    assert Protection.objects.get(user=awa).word == ""


def test_who_is_not_protected_has_no_such_page(cast, client_for):
    for person in (cast.seydou, cast.mariam, cast.admin):
        assert client_for(person).get("/en/account/word/").status_code == 404
        assert "account/word" not in client_for(person).get("/en/account/").content.decode()
        with pytest.raises(Refused):
            services.choose_word(user=person, word="pirogue bleue 14")


def test_nobody_is_confirmed_by_an_empty_word(awa, cast):
    for person in (awa, cast.seydou):
        for word in ("", " ", "-", "\x00"):
            assert not word_confirms(person.pk, word)


# --- what libraries show --------------------------------------------------------------------------------------------


def test_the_authoring_desk_shows_the_pseudonym_of_a_protected_author(cast):
    protect(cast.oumar, "Magistrat M-09")
    assert get_user_display_name(User.objects.get(pk=cast.oumar.pk)) == "Magistrat M-09"
    services.unprotect(user=cast.oumar)
    assert get_user_display_name(User.objects.get(pk=cast.oumar.pk)) == "Oumar Maïga"


def test_the_paper_still_carries_the_name(awa):
    assert name_on_paper(User.objects.get(pk=awa.pk)) == "Awa Diarra"

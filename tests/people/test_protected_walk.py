"""Every page, list and file that shows other people: of a protected person it shows the pseudonym, to whoever reads no
name by `access.md`, and tells neither number, address, post nor institution."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models import Q
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from certificates.models import Credential
from content.models import ErrorReport
from courses.models import Activity, CoursePage
from operations.audit import record_change
from operations.models import AuditEntry, Message
from people import access, services
from people.addresses import AUTHORING
from people.models import (
    Clearance,
    Institution,
    Invitation,
    LoginCode,
    Membership,
    Role,
    RoleGrant,
    Supervision,
    User,
)
from people.names import shown_name
from people.policy import Relation
from tests.cast import SINCE
from tests.people.entrance import protect
from workshops.models import Registration, Workshop
from workshops.services import add_session, announce, plan_workshop, register, set_facilitator

pytestmark = pytest.mark.django_db

PSEUDONYM = "Magistrat M-07"
# What of the person must not be read: folded texts are not shown anywhere.
NAME = re.compile(r"Niagal|Tounkara|ML-TOUN|ntounk|Greffier unique", re.IGNORECASE)
NAME_OR_PLACE = re.compile(NAME.pattern + "|Prison de Koulikoro", re.IGNORECASE)
NUMBER = "KAL-2026-TEST-TEST-TEST-00"
# Pages and files on which the person must be met, else the walk has walked past them.
WHERE_IT_STANDS = {
    "manage",
    "manage-people",
    "manage-people-export",
    "manage-person",
    "audit",
    "audit-entry",
    "audit-export",
    "slips",
    "login-codes",
    "workshop",
    "workshop-people",
    "registration-decide",
    "workshop-propose",
    "wagtailsnippets_certificates_credential:list",
}
FOUND_BY_PSEUDONYM = {"manage-people", "manage-people-export", "audit", "wagtailsnippets_certificates_credential:list"}
# Shown to whoever manages the place, with nobody's name beside it: lists to choose from, and the tree.
PLACES = {
    "manage",
    "manage-people",
    "manage-institutions",
    "manage-institution",
    "manage-institution-new",
    "manage-institution-edit",
    "manage-institution-move",
    "manage-institution-close",
    "manage-institution-reopen",
    "manage-person-new",
    "manage-role-new",
    "invite",
    "slips",
    "style",
}
WRITTEN_BEFOREHAND = {"style"}
VIEWERS = ("mariam", "issa", "oumar", "fanta", "admin", "seydou")


@pytest.fixture
def hidden(cast) -> User:
    """Somebody who has done, and been done to, all that leaves a name: account, role, codes, an invitation, a report,
    a page, a certificate, changes and looks; and is protected since."""
    person = User.objects.create_user(
        "ntounk",
        email="ntounk@kalanso.test",
        first_name="Niagalé",
        last_name="Tounkara",
        staff_number="ML-TOUN",
        language="fr",
    )
    place = Institution.objects.get(code="koulikoro")
    Membership.objects.create(user=person, institution=place, since=SINCE, post="Greffier unique")
    for role in (Role.AUTHOR, Role.INSTRUCTOR, Role.OFFICER):
        services.grant_role(user=person, role=role, institution=place, actor=cast.mariam)
    RoleGrant.objects.filter(user=person).update(until=timezone.localdate() + dt.timedelta(days=9))
    services.confirm_audience(user=person, audience="prison-staff", actor=cast.mariam)
    services.set_supervisor(person=cast.awa, supervisor=person, actor=cast.mariam)
    services.invite(institution=place, actor=person)
    record_change(actor=person, code="people.password-changed", obj=person)
    record_change(actor=cast.mariam, code="people.joined", obj=person, after={"institution": "koulikoro"})
    activity = Activity.objects.filter(kind="lesson").first()
    ErrorReport.objects.create(
        page_key=activity.key, language="fr", owner="dnapes", kind="error", text="Une faute.", reporter=person
    )
    page = CoursePage.objects.filter(locale__language_code="fr").first()
    page.save_revision(user=person, log_action=True)
    Credential.objects.create(
        number=NUMBER,
        kind=Credential.Kind.COMPETENCE,
        holder=person,
        holder_name="Niagalé Tounkara",
        title={"fr": "Titre", "en": "Title"},
        issued=SINCE,
    )
    Message.objects.create(recipient=cast.awa, kind="people.recovery-made", actor=person)
    services.make_slips(people=[User.objects.get(pk=person.pk)], actor=cast.admin)
    workshop = plan_workshop(
        organiser=Institution.objects.get(code="dnapes"),
        title="Atelier",
        place="Bamako",
        starts=timezone.localdate(),
        ends=timezone.localdate(),
        entry="designation",
    )
    add_session(workshop=workshop, day=workshop.starts, starts=dt.time(8), ends=dt.time(12))
    set_facilitator(workshop=workshop, user=person, part="co")
    announce(workshop=workshop)
    register(workshop=workshop, user=person, state="proposed")
    protect(person, PSEUDONYM)
    return person


# --- the walk -------------------------------------------------------------------------------------------------------


def _names(patterns: list[Any], route: str = "", space: str = "") -> Iterator[tuple[str, str]]:
    """(name, route) of every address, those of the authoring desk too."""
    for pattern in patterns:
        here = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _names(pattern.url_patterns, here, inner)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield space + pattern.name, here


def _tries(person: User) -> list[dict[str, Any]]:
    """What addresses may name of the person, of the place, and of rows about them."""
    grant = RoleGrant.objects.filter(user=person).first()
    code = LoginCode.objects.filter(user=person).first()
    invitation = Invitation.objects.get(made_by=person)
    page = CoursePage.objects.filter(locale__language_code="fr").first()
    return [
        {},
        {"key": person.key},
        {"key": person.key, "pk": grant.pk},
        {"key": person.key, "slug": "prison-staff"},
        {"key": person.key, "code": "koulikoro"},
        {"code": "koulikoro"},
        {"code": "dnapes"},
        {"id": code.pk},
        {"id": invitation.pk},
        {"number": NUMBER},
        *({"id": pk} for pk in Workshop.objects.values_list("pk", flat=True)),
        *({"pk": pk} for pk in Registration.objects.values_list("pk", flat=True)),
        *(
            {"pk": pk}
            for pk in AuditEntry.objects.filter(Q(about=person) | Q(actor=person)).values_list("pk", flat=True)
        ),
        {"page_id": page.pk},
        *({"pk": pk} for pk in Credential.objects.filter(holder=person).values_list("pk", flat=True)),
        *({"pk": pk} for pk in ErrorReport.objects.values_list("pk", flat=True)),
    ]


def _shown(client: Client, address: str) -> str | None:
    """What a GET of it shows to the eye: words, and titles of links."""
    answer = client.get(address)
    if answer.status_code not in (200, 403, 404, 422):
        return None
    content = b"".join(answer) if answer.streaming else answer.content
    return content.decode(errors="ignore")


def test_the_person_is_a_pseudonym_on_every_page_and_in_every_file(hidden, cast, client_for, monkeypatch) -> None:
    wrong: list[str] = []
    with_pseudonym: set[str] = set()
    for who in VIEWERS:
        client = client_for(getattr(cast, who))
        client.raise_request_exception = False
        for name, route in dict(_names(get_resolver().url_patterns)).items():
            if (
                name in WRITTEN_BEFOREHAND
                or "logout" in name
                or (route.startswith(AUTHORING) and who not in ("oumar", "admin"))
            ):
                continue
            for arguments in _tries(hidden):
                try:
                    address = reverse(name, kwargs=arguments)
                except NoReverseMatch:
                    continue
                text = _shown(client, address)
                if text is None:
                    continue
                if PSEUDONYM in text:
                    with_pseudonym.add(name)
                looked_for = NAME if name in PLACES or route.startswith(AUTHORING) else NAME_OR_PLACE
                # The place, told beside other people or none, is told of nobody.
                if (said := looked_for.search(text)) and (looked_for is NAME or PSEUDONYM in text):
                    wrong.append(f"{who} {name} {address}: {said.group()}")
    assert not wrong, "\n".join(["", *wrong])
    for wanted in WHERE_IT_STANDS:
        assert wanted in with_pseudonym, (wanted, sorted(with_pseudonym))


@pytest.mark.parametrize("typed", ["Tounkara", "niagale", "ML-TOUN", "ntounk", "ntounk@kalanso.test"])
def test_no_search_finds_the_person_by_what_the_pseudonym_stands_for(hidden, cast, client_for, typed) -> None:
    """Otherwise guessing tells whose pseudonym it is."""
    for who in ("mariam", "admin"):
        client = client_for(getattr(cast, who))
        for page, field in (
            ("manage-people", "q"),
            ("manage-people-export", "q"),
            ("slips", "q"),
            ("audit", "who"),
            ("audit", "about"),
            ("audit-export", "about"),
            ("login-codes", "q"),
            ("wagtailsnippets_certificates_credential:list", "q"),
            ("wagtailadmin_reports:site_history", "user"),
        ):
            if page.startswith("wagtail") and who != "admin":
                continue
            alone = _shown(client, f"{reverse(page)}?{field}={PSEUDONYM.replace(' ', '+')}")
            text = _shown(client, f"{reverse(page)}?{field}={typed}")
            if page in FOUND_BY_PSEUDONYM:
                assert PSEUDONYM in (alone or ""), (who, page)
                assert PSEUDONYM not in (text or ""), (who, page)
        form = {"supervisor": typed}
        answer = client.post(reverse("manage-person-supervisor", args=[cast.issa.key]), form)
        assert answer.status_code == 422, who
        assert not Supervision.objects.filter(person=cast.issa).exists()


def test_a_place_chosen_in_a_list_tells_nobodys_whose_name_is_hidden(hidden, cast, client_for) -> None:
    for who in ("mariam", "admin"):
        client = client_for(getattr(cast, who))
        for page in ("manage-people", "manage-people-export", "manage"):
            text = _shown(client, f"{reverse(page)}?institution=koulikoro")
            assert PSEUDONYM not in (text or ""), (who, page)
        inside = _shown(client, reverse("manage-institution", args=["koulikoro"]))
        assert PSEUDONYM not in inside and "by a pseudonym are not listed" in inside
    assert PSEUDONYM in _shown(client_for(cast.mariam), f"{reverse('manage-people')}?institution=dnapes")


def test_a_cleared_manager_of_the_branch_reads_the_name_and_the_place(hidden, cast, client_for) -> None:
    Clearance.objects.create(user=cast.mariam, reason="Manages them.", since=SINCE)
    client = client_for(cast.mariam)
    page = _shown(client, reverse("manage-person", args=[hidden.key]))
    assert "Niagalé Tounkara" in page and "Prison de Koulikoro" in page and PSEUDONYM not in page
    assert "Niagalé Tounkara" in _shown(client, f"{reverse('manage-people')}?institution=koulikoro")
    exported = _shown(client, reverse("manage-people-export"))
    assert PSEUDONYM in exported and not NAME_OR_PLACE.search(exported.replace("Prison de Koulikoro", ""))


def test_only_the_teacher_of_a_protected_person_reads_the_name(hidden, cast, monkeypatch) -> None:
    """The room of workshops says who teaches whom; here, that Issa does and Fanta does not."""
    taught = User.objects.filter(pk=hidden.pk)
    relation = access._Relation(
        lambda person, thing, grants: person == cast.issa and thing == hidden,
        lambda person, grants: taught if person == cast.issa else taught.none(),
    )
    monkeypatch.setitem(access._relations, Relation.COHORT, [relation])
    assert shown_name(hidden, cast.issa) == "Niagalé Tounkara"
    for other in (cast.fanta, cast.mariam, cast.oumar, cast.admin, cast.awa):
        assert shown_name(hidden, other) == PSEUDONYM

"""Every address × every role × own branch, another branch, nobody: what is answered is what the policy says."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, URLResolver, get_resolver, reverse
from django.urls.resolvers import ResolverMatch

from people import access
from people.addresses import AUTHORING, DESK, NOBODY, PUBLIC, SIGNED_IN, URLS
from people.middleware import AccessMiddleware, asked_of
from people.models import Role, User
from people.policy import (
    ANYBODY,
    BY_CORPS_OR_OUTSIDER,
    CAPABILITIES,
    GRANTABLE,
    LOGGED,
    NEEDS_CLEARANCE,
    NOT_OF_MAGISTRATES,
    Capability,
    Relation,
)
from people.policy import TRAINEE as EVERYBODY
from tests.access_samples import ANONYMOUS, SAMPLES, TRAINEE, Sample, World, build_world

LOGIN = "/accounts/login/"
ROLES = [ANONYMOUS, TRAINEE, *Role.values]


@dataclass(frozen=True)
class Address:
    name: str
    route: str
    match: ResolverMatch

    @property
    def has_arguments(self) -> bool:
        return "<" in self.route or "(" in self.route


def addresses() -> list[Address]:
    return list(_walk(get_resolver().url_patterns))


def _walk(patterns: list[Any], route: str = "", namespace: tuple[str, ...] = ()) -> Iterator[Address]:
    for pattern in patterns:
        here = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = (*namespace, pattern.namespace) if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, here, inner)
        else:
            match = ResolverMatch(
                pattern.callback, (), {}, url_name=pattern.name, namespaces=list(namespace), route=here
            )
            yield Address(":".join([*namespace, pattern.name or ""]), here, match)


def test_every_address_has_a_row() -> None:
    unmapped = [address.route for address in addresses() if asked_of(address.match) is None]
    assert unmapped == [], "add these to people.addresses.URLS"


def test_no_row_is_about_an_address_that_does_not_exist() -> None:
    optional = {name for name in URLS if name.startswith(("openid_connect_", "socialaccount_", "saml_"))}
    assert set(URLS) - {address.name for address in addresses()} - optional == set()
    for beginning in DESK:
        assert any(a.name.startswith(beginning) for a in addresses() if a.route.startswith(AUTHORING)), beginning


def test_every_address_with_arguments_has_a_sample() -> None:
    wanted = {a.name for a in addresses() if a.has_arguments and not a.route.startswith(AUTHORING)}
    assert wanted - set(SAMPLES) == set(), "add these to tests.access_samples.SAMPLES"


def test_the_tables_speak_of_each_other() -> None:
    assert set(CAPABILITIES) == set(Capability)
    for table in (NEEDS_CLEARANCE, LOGGED, NOT_OF_MAGISTRATES, BY_CORPS_OR_OUTSIDER):
        for capability, roles in table.items():
            assert roles <= set(CAPABILITIES[capability]), capability
    assert set(GRANTABLE) == set(CAPABILITIES[Capability.GRANT_ROLE])
    assert Role.ADMINISTRATOR not in GRANTABLE[Role.MANAGER] | GRANTABLE[Role.OFFICER]
    assert set(CAPABILITIES[Capability.READ_NOTEBOOK]) == {EVERYBODY}


# --- the walk -------------------------------------------------------------------------------------------------------


@pytest.fixture
def world(cast, client_for) -> World:
    return build_world()


def browsers(world: World, client_for) -> dict[str, Client]:
    found = {}
    for role in ROLES:
        found[role] = client_for(world.people[role])
        found[role].raise_request_exception = False
    return found


def may(role: str, capability: Capability, where: str | None) -> bool:
    """What the table says, read independently of `people.access`; `where` None: the page is about nothing in particular."""
    table = CAPABILITIES[capability]
    if role in NEEDS_CLEARANCE.get(capability, ()):
        return False  # nobody in the test is cleared
    relation = table.get(role) or table.get(EVERYBODY) or table.get(ANYBODY)
    if relation is None:
        return False
    if where is None or relation is Relation.ANY:
        return True
    return relation in (Relation.BRANCH, Relation.BELOW) and where == "own"


def reaches(role: str, capability: Capability) -> bool:
    return may(role, capability, None)


def url_of(name: str, arguments: dict[str, Any]) -> str:
    return reverse(name, args=arguments["args"]) if "args" in arguments else reverse(name, kwargs=arguments)


def fault(answer: Any, expected: str, capability: str = "") -> str:
    """What is wrong with an answer; empty where nothing is."""
    status = answer.status_code
    if status >= 500:
        return f"{status}"
    to_login = status == 302 and answer["Location"].startswith(LOGIN)
    match expected:
        case "public":
            return "" if status != 403 and (status < 400 or status in (400, 404, 405, 410, 429)) else f"{status}"
        case "login":
            return "" if to_login else f"{status} {answer.headers.get('Location', '')}"
        case "open":
            return "" if (status < 400 and not to_login) or status == 405 else f"{status}"
        case "hidden":
            return "" if (status in (403, 404, 405) and b"<title" in answer.content) or status == 405 else f"{status}"
        case "refused":
            if status != 403:
                return f"{status}"
            sentence = access.who_may(capability)
            return "" if sentence.split(".")[0] in answer.content.decode() else "403 without a sentence"
    raise AssertionError(expected)


def expectation(role: str, asked: Capability | str, where: str | None) -> str:
    if asked == PUBLIC:
        return "public"
    if role == ANONYMOUS:
        return "login"
    if asked == SIGNED_IN:
        if where is None:
            return "open"
        return "open" if (role, where) == (TRAINEE, "own") else "hidden"
    capability = Capability(asked)
    if not reaches(role, capability):
        return "refused"
    return "open" if may(role, capability, where) else "hidden"


def cases(name: str, world: World) -> Iterator[tuple[str | None, dict[str, Any]]]:
    sample = SAMPLES.get(name)
    if sample is None:
        yield None, {}
        return
    if sample.own is not None:
        yield "own", dict(sample.own(world))
    if sample.other is not None:
        yield "other", dict(sample.other(world))


def test_every_address_answers_every_role_as_the_policy_says(world, client_for) -> None:
    clients = browsers(world, client_for)
    seen = sorted({address.name for address in addresses() if not address.route.startswith(AUTHORING)})
    wrong = []
    for name in seen:
        asked = URLS[name]
        sample = SAMPLES.get(name, Sample())
        for where, arguments in cases(name, world):
            try:
                url = url_of(name, arguments)
            except NoReverseMatch as error:
                wrong.append(f"{name}: {error}")
                continue
            for role, client in clients.items():
                expected = expectation(role, asked, where)
                if name in _OF_A_COURSE and expected == "hidden":
                    expected = "open"  # the page sends people who are not enrolled back to the course
                answer = client.post(url) if name in _POSTED else client.get(url)
                exception = sample.but.get((role, where or ""))
                if exception is not None:
                    problem = "" if answer.status_code in exception else str(answer.status_code)
                elif expected == "hidden" and name in _ASKS_AGAIN and answer.status_code == 302:
                    problem = ""
                else:
                    problem = fault(answer, expected, asked)
                if problem:
                    wrong.append(f"{role} {where} {name} {url}: {expected}, but {problem}")
    assert not wrong, "\n" + "\n".join(wrong)


_OF_A_COURSE = {"withdraw"}
_POSTED = {"attempt-answer"}  # read by nobody: a GET goes to the attempt
_ASKS_AGAIN = {"mfa_remove_webauthn", "mfa_edit_webauthn"}  # for the password, before anything is said of a key


# --- the authoring desk ---------------------------------------------------------------------------------------------


def test_the_authoring_desk_is_shut_to_all_but_those_who_write(world) -> None:
    """Each of its several hundred addresses, asked of the middleware itself: no view is reached."""
    middleware = AccessMiddleware(lambda request: None)
    factory = RequestFactory()
    wrong = []
    for address in addresses():
        if not address.route.startswith(AUTHORING):
            continue
        asked = asked_of(address.match)
        for role in ROLES:
            request = factory.get("/authoring/")
            request.user = _fresh(world.people[role])
            request.resolver_match = address.match
            try:
                answer = middleware.process_view(request, address.match.func, (), {})
                got = "login" if answer is not None else "open"
            except PermissionDenied as refusal:
                got = "refused" if str(refusal).endswith(".") else "refused without a sentence"
            if role == ANONYMOUS:
                expected = "login"
            elif asked == NOBODY or not reaches(role, Capability(asked)):
                expected = "refused"
            else:
                expected = "open"
            if got != expected:
                wrong.append(f"{role} {address.route}: {expected}, but {got}")
    assert not wrong, "\n" + "\n".join(wrong)


def _fresh(person: User | None) -> Any:
    from django.contrib.auth.models import AnonymousUser  # noqa: PLC0415

    return AnonymousUser() if person is None else User.objects.get(pk=person.pk)


@pytest.mark.parametrize("role", [Role.AUTHOR, Role.ADMINISTRATOR])
def test_pages_of_the_authoring_desk_open_for_those_who_write_without_an_error(world, client_for, role) -> None:
    client = client_for(world.people[role])
    client.raise_request_exception = False
    wrong = []
    for address in addresses():
        if not address.route.startswith(AUTHORING) or address.has_arguments or not address.match.url_name:
            continue
        asked = asked_of(address.match)
        if asked == NOBODY:
            continue
        if "logout" in address.name:
            continue
        answer = client.get("/" + address.route)
        expected = "refused" if not reaches(role, Capability(asked)) else "open"
        good = answer.status_code == 403 if expected == "refused" else answer.status_code < 500
        if not good:
            wrong.append(f"{address.route}: {expected}, but {answer.status_code}")
    assert not wrong, "\n" + "\n".join(wrong)


# --- hostile --------------------------------------------------------------------------------------------------------


def test_a_post_without_a_login_goes_to_the_login_and_back_to_the_page_of_its_form(client, db) -> None:
    url = reverse("notebook-delete", args=[1])
    answer = client.post(url, HTTP_REFERER="http://testserver/en/notebook/?page=2")
    assert answer.status_code == 302 and answer["Location"] == f"{LOGIN}?next=/en/notebook/%3Fpage%3D2"
    elsewhere = client.post(url, HTTP_REFERER="https://evil.example/en/notebook/")
    assert "evil" not in elsewhere["Location"] and elsewhere["Location"].startswith(LOGIN)


def test_an_address_without_a_row_is_refused_and_said_in_the_log(client_for, cast, monkeypatch, caplog) -> None:
    monkeypatch.setattr("people.middleware.URLS", {name: asked for name, asked in URLS.items() if name != "catalogue"})
    answer = client_for(cast.admin).get("/en/catalogue/")
    assert answer.status_code == 403
    assert "the rules of access do not know it" in answer.content.decode()
    assert any("no row for the address /en/catalogue/" in record.getMessage() for record in caplog.records)


def test_pages_for_everybody_cost_no_query_and_those_of_a_role_one(cast, client_for, django_assert_num_queries) -> None:
    middleware = AccessMiddleware(lambda request: None)

    def ask(name: str, person: User) -> None:
        request = RequestFactory().get("/")
        request.user = User.objects.get(pk=person.pk)
        request.resolver_match = next(address.match for address in addresses() if address.name == name)
        with django_assert_num_queries(0 if URLS[name] in (PUBLIC, SIGNED_IN) else 1):
            assert middleware.process_view(request, request.resolver_match.func, (), {}) is None

    ask("catalogue", cast.awa)
    ask("notebook", cast.awa)
    ask("manage", cast.mariam)
    ask("style", cast.admin)


def test_identifiers_of_another_branch_are_nowhere(world, client_for) -> None:
    """With a POST too, and whatever stands in the form."""
    manager, officer = client_for(world.people[Role.MANAGER]), client_for(world.people[Role.OFFICER])
    for name, sample in SAMPLES.items():
        if sample.other is None or not isinstance(URLS[name], Capability):
            continue
        url = url_of(name, dict(sample.other(world)))
        for client in (manager, officer):
            form = {"institution": world.own["place"], "to": world.own["place"], "role": "administrator", "reason": "x"}
            assert client.post(url, form).status_code in (403, 404, 405), name
    for wrong in (uuid.uuid4(), uuid.UUID(int=0)):
        assert manager.get(reverse("manage-person", args=[wrong])).status_code == 404


def test_every_sentence_of_refusal_is_whole() -> None:
    for capability in Capability:
        assert re.fullmatch(r"[A-Z].*\.", access.who_may(capability)), capability

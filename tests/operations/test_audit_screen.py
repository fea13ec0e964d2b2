"""The audit trail on screen: administrators read all of it, managers the changes of their own branch, in sentences."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from operations import audit
from operations.models import AuditEntry
from people.models import Institution, Membership, Protection, Role, RoleGrant
from tests.cast import SINCE

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def empty(db):
    """Without the rows that the template's own making left."""
    AuditEntry._base_manager.all().delete()


def change(cast, about, *, actor=None, role="author", **more) -> AuditEntry:
    return audit.record_change(
        actor=actor or cast.admin,
        code="people.role-granted",
        obj=about,
        after={"role": role, "place": "mca", "since": dt.date(2026, 11, 24), "until": None},
        **more,
    )


def names_of(answer) -> list[str]:
    return [line.about for line in answer.context["lines"]]


def test_administrators_read_everything_and_managers_the_changes_of_their_branch(cast, client_for):
    change(cast, cast.awa)
    change(cast, cast.seydou)
    audit.record_look(
        actor=cast.admin, code="people.looked-at-results", obj=cast.awa, about=cast.awa, reason="complaint 7"
    )
    everything = client_for(cast.admin).get("/en/manage/audit/")
    assert names_of(everything) == ["Awa Diarra", "Seydou Ag Alhousseini", "Awa Diarra"]
    assert "The results of a person were looked at." in everything.content.decode()

    own = client_for(cast.mariam).get("/en/manage/audit/")
    assert names_of(own) == ["Awa Diarra"]
    assert (
        "The role “author” was given for “Maison centrale d&#x27;arrêt de Bamako”, from Nov. 24, 2026 (until: –)."
        in own.content.decode()
    )
    assert "kind" not in own.context["form"].fields


def test_rows_of_another_branch_and_looks_are_not_found_by_their_numbers(cast, client_for):
    elsewhere = change(cast, cast.seydou)
    look = audit.record_look(actor=cast.admin, code="people.looked-at-results", obj=cast.awa)
    here = change(cast, cast.awa)
    manager = client_for(cast.mariam)
    assert [manager.get(f"/en/manage/audit/{row.pk}/").status_code for row in (elsewhere, look, here)] == [
        404,
        404,
        200,
    ]
    assert manager.get(f"/en/manage/audit/{10**30}/").status_code == 404
    assert client_for(cast.admin).get(f"/en/manage/audit/{look.pk}/").status_code == 200


@pytest.mark.parametrize("path", ["", "1/", "export/"])
def test_nobody_else_gets_in(cast, client_for, path):
    for person in (cast.awa, cast.issa, cast.oumar, cast.fanta, cast.seydou):
        assert client_for(person).get(f"/en/manage/audit/{path}").status_code == 403, person
    assert client_for(None).get(f"/en/manage/audit/{path}").status_code == 302


def test_a_role_that_has_ended_no_longer_opens_the_trail(cast, client_for):
    change(cast, cast.awa)
    browser = client_for(cast.mariam)
    assert browser.get("/en/manage/audit/").status_code == 200
    RoleGrant.objects.filter(user=cast.mariam).update(until=dt.date(2026, 1, 1))
    assert browser.get("/en/manage/audit/").status_code == 403


def test_who_has_left_the_branch_is_no_longer_named_and_cannot_be_searched(cast, client_for):
    change(cast, cast.awa)
    Membership.objects.filter(user=cast.awa).update(until=SINCE + dt.timedelta(days=1))
    browser = client_for(cast.mariam)
    assert names_of(browser.get("/en/manage/audit/")) == ["a person who has left your branch"]
    assert names_of(browser.get("/en/manage/audit/", {"about": "Diarra"})) == []
    assert names_of(client_for(cast.admin).get("/en/manage/audit/", {"about": "Diarra"})) == ["Awa Diarra"]


def test_an_institution_that_moves_keeps_its_rows(cast, client_for):
    change(cast, cast.awa)
    prison, court = Institution.objects.get(code="mca"), Institution.objects.get(code="court")
    Institution.objects.filter(pk=prison.pk).update(parent=court, path=f"{court.path}{prison.pk}/")
    assert names_of(client_for(cast.mariam).get("/en/manage/audit/")) == []
    RoleGrant.objects.create(user=cast.seydou, role=Role.MANAGER, institution=court, since=SINCE)
    assert len(names_of(client_for(cast.seydou).get("/en/manage/audit/"))) == 1


def test_protected_people_stand_under_their_pseudonym_and_are_not_found_by_name(cast, client_for):
    Protection.objects.create(user=cast.awa, kind=Protection.Kind.INVESTIGATOR, pseudonym="Agent E-07", since=SINCE)
    change(cast, cast.awa, actor=cast.awa)
    for person in (cast.mariam, cast.admin):
        browser = client_for(person)
        page = browser.get("/en/manage/audit/", {"kind": "changes"})
        assert names_of(page) == ["Agent E-07"]
        assert "Diarra" not in page.content.decode()
        assert names_of(browser.get("/en/manage/audit/", {"about": "Diarra"})) == []
        assert names_of(browser.get("/en/manage/audit/", {"who": "awa"})) == []
        assert names_of(browser.get("/en/manage/audit/", {"about": "agent e-07"})) == ["Agent E-07"]
        exported = b"".join(browser.get("/en/manage/audit/export/").streaming_content).decode()
        assert "Agent E-07" in exported
        assert "Diarra" not in exported


def test_rows_are_found_by_who_about_family_days_and_kind(cast, client_for):
    early = change(cast, cast.awa, actor=cast.mariam)
    AuditEntry._base_manager.filter(pk=early.pk).update(when=dt.datetime(2026, 3, 1, 0, 30, tzinfo=dt.UTC))
    audit.record_change(actor=None, code="certificates.issued", obj=("x", "1"), after={"number": "K-1"})
    audit.record_look(actor=cast.admin, code="people.looked-at-results", obj=cast.seydou)
    browser = client_for(cast.admin)

    def count(**asked) -> int:
        return len(browser.get("/fr/manage/audit/", asked).context["lines"])

    assert count() == 3
    assert count(who="coulibaly mariam") == 1
    assert count(who="COULIBÀLY") == 1
    assert count(about="seydou") == 1
    assert count(family="certificates") == 1
    assert (count(first="2026-03-01"), count(last="2026-03-01"), count(first="2026-03-02")) == (3, 1, 2)
    assert (count(kind="looks"), count(kind="changes")) == (1, 2)


@pytest.mark.parametrize(
    "asked",
    [{"first": "yesterday"}, {"family": "'; drop"}, {"who": "a\0b"}, {"kind": "all"}, {"last": "9999-12-31x"}],
)
def test_filters_that_cannot_be_are_said_and_show_nothing(cast, client_for, asked):
    change(cast, cast.awa)
    answer = client_for(cast.admin).get("/en/manage/audit/", asked)
    assert answer.status_code == 422
    assert answer.context["lines"] == []
    assert client_for(cast.admin).get("/en/manage/audit/export/", asked).status_code == 422


def test_the_last_day_there_is_can_be_asked_for(cast, client_for):
    assert (
        client_for(cast.admin).get("/en/manage/audit/", {"last": "9999-12-31", "first": "0001-01-01"}).status_code
        == 200
    )


def test_a_row_shows_what_was_before_and_after_in_words(cast, client_for):
    row = audit.record_change(
        actor=cast.mariam,
        code="people.role-ended",
        obj=cast.awa,
        before={"until": None, "provisional": True},
        after={"until": dt.date(2026, 12, 1), "role": "manager", "unknown_thing": [1, "<b>"], "more": {"a": None}},
        reason="asked\nby letter",
    )
    page = client_for(cast.mariam).get(f"/en/manage/audit/{row.pk}/").content.decode()
    for words in (
        "Dec. 1, 2026",
        "Until",
        "manager",
        "yes",
        "unknown thing",
        "1, &lt;b&gt;",
        "a: –",
        "asked by letter",
    ):
        assert words in page
    assert '<b>"' not in page
    french = client_for(cast.mariam).get(f"/fr/manage/audit/{row.pk}/").content.decode()
    assert "1 décembre 2026" in french


def test_the_file_has_a_neutral_name_harmless_cells_and_leaves_a_row(cast, client_for):
    change(cast, cast.awa, reason="=HYPERLINK(1)")
    for _number in range(3):
        change(cast, cast.seydou)
    answer = client_for(cast.admin).get("/en/manage/audit/export/", {"about": "awa"})
    assert answer["Content-Type"].startswith("text/csv")
    assert re.fullmatch(r'attachment; filename="kalanso-\d{4}-\d\d-\d\d\.csv"', answer["Content-Disposition"])
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == 2
    assert rows[1][1:6] == [
        "Administration",
        "The role “author” was given for “Maison centrale d'arrêt de Bamako”, from Nov. 24, 2026 (until: –).",
        "Awa Diarra",
        "Maison centrale d'arrêt de Bamako",
        "'=HYPERLINK(1)",
    ]
    look = AuditEntry.objects.get(code="people.audit-exported")
    assert (look.actor, look.look) == (cast.admin, True)


def test_a_long_file_goes_out_in_pieces(cast, client_for, monkeypatch):
    monkeypatch.setattr("people.queries.audit.A_CHUNK", 3)
    for _number in range(8):
        change(cast, cast.awa)
    answer = client_for(cast.mariam).get("/en/manage/audit/export/")
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == 9


def test_pages_cost_the_same_with_few_rows_and_with_many(cast, client_for):
    browsers = {"admin": client_for(cast.admin), "manager": client_for(cast.mariam)}
    cost = {}
    for number in (3, 120):
        for _row in range(number):
            change(cast, cast.awa, actor=cast.issa)
            audit.record_change(
                actor=cast.issa, code="people.audience-confirmed", obj=cast.awa, after={"audience": "prison-staff"}
            )
        for who, browser in browsers.items():
            browser.get("/en/manage/audit/")
            with CaptureQueriesContext(connection) as captured:
                answer = browser.get("/en/manage/audit/", {"who": "issa", "page": "1"})
            assert answer.status_code == 200
            assert len(captured) <= 8, [query["sql"] for query in captured]
            cost.setdefault(who, set()).add(len(captured))
    assert all(len(found) == 1 for found in cost.values()), cost


def test_pages_keep_the_filters(cast, client_for):
    for _number in range(60):
        change(cast, cast.awa)
    page = client_for(cast.admin).get("/en/manage/audit/", {"about": "awa & co", "page": "1"})
    assert names_of(page) == []
    page = client_for(cast.admin).get("/en/manage/audit/", {"about": "awa", "family": "people"})
    assert "?about=awa&amp;family=people&amp;page=2" in page.content.decode()
    assert client_for(cast.admin).get("/en/manage/audit/", {"page": "x"}).status_code == 200


def test_rows_cannot_be_changed_or_deleted(cast):
    row = change(cast, cast.awa)
    row.code = "people.left"
    for act in (
        row.save,
        row.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.filter(pk=row.pk).update(code="x"),
    ):
        with pytest.raises(TypeError, match="audit trail"):
            act()
    assert AuditEntry.objects.get(pk=row.pk).code == "people.role-granted"


def test_an_erased_person_leaves_the_row_without_a_name(cast, client_for):
    row = change(cast, cast.awa, actor=cast.oumar)
    cast.oumar.delete()
    cast.awa.delete()
    row = AuditEntry.objects.get(pk=row.pk)
    assert (row.actor, row.about) == (None, None)
    page = client_for(cast.admin).get(f"/en/manage/audit/{row.pk}/")
    assert page.context["line"].who == "a person who was erased"


def test_every_code_in_the_code_has_a_sentence_and_every_sentence_stands_in_each_language():
    used: dict[str, str] = {}
    pattern = re.compile(r"""(?:record_change|record_look)\((.*?)\n?\s*\)\n""", re.S)
    for path in ROOT.glob("*/**/*.py"):
        room = path.relative_to(ROOT).parts[0]
        if room in {"tests", ".venv", "bench", "tools", "deploy"}:
            continue
        for call in pattern.findall(path.read_text(encoding="utf-8")):
            for code in re.findall(r'code="([^"]+)"', call):
                used[code] = str(path)
    assert len(used) > 15
    known = audit.codes()
    assert {code: path for code, path in used.items() if code not in known} == {}
    for code in known:
        room, _dot, rest = code.partition(".")
        assert len(code) <= 64
        assert re.fullmatch(r"[a-z-]+", rest), code
        for language in ("en", "fr", "ar"):
            with override(language):
                assert audit.sentence(AuditEntry(code=code)), code
                assert dict(audit.families())[room] != room, f"{room} has no name for its codes"

"""The programme: taken in once, shown with its dates, never as today's situation."""

from __future__ import annotations

from types import SimpleNamespace as Given

import pytest
from django.utils import translation

from programme import models, queries, services
from programme.periods import figure, in_words


def entry(slug: str, **data: object) -> Given:
    return Given(id=slug, label={"fr": f"fr {slug}", "en": f"en {slug}"}, data=data)


def edition(**sections: tuple[Given, ...]) -> Given:
    place = {"priority": "x-p1", "domain": "x-d1"}
    given = {
        "domains": (entry("x-d1", number=1), entry("x-d2", number=2)),
        "priorities": (entry("x-p1", number=1),),
        "matrix": (entry("x-m", **place, marked=True),),
        "activities": (entry("x-a", **place),),
        "audiences": (entry("x-staff"),),
        "beneficiaries": (entry("x-families"),),
        "trainings": (
            entry(
                "x-t", status="held", date="2016-12-07/2016-12-09", place={"fr": "Bamako"}, audience=["x-staff"],
                organisations=["x-org"], sessions=2, note="kept",
            ),
        ),
        "actors": (entry("x-org", kind="un", ended="2023-12-31"),),
        "legal_framework": (entry("x-law", date="2008-07-23", status="cited-2017"),),
        "facts": (entry("x-f", as_of="2016-2017", value=3.5, unit="%", approximate=True),),
        "ministry_plan_axes": (entry("x-ax"),),
    }  # fmt: skip
    return Given(
        source="seed", as_of="2017", checked="2026-11", review_by="2027-11", extra={}, sections=given | sections
    )


@pytest.fixture
def loaded(db) -> None:
    for model in (models.Cell, models.PlannedActivity, models.Training):
        model.objects.all().delete()
    services.load(edition())


def test_loading_again_changes_nothing(loaded) -> None:
    kinds = (models.Domain, models.Cell, models.Training, models.Fact, models.Audience, models.Edition)
    before = [list(model.objects.order_by("pk").values()) for model in kinds]
    services.load(edition())
    assert [list(model.objects.order_by("pk").values()) for model in kinds] == before


def test_what_the_models_do_not_know_is_kept(loaded) -> None:
    assert models.Edition.objects.get().extra == {"entries": {"trainings": {"x-t": {"note": "kept"}}}}


def test_what_a_new_edition_leaves_out_goes_but_not_what_courses_rest_on(loaded) -> None:
    services.load(edition(facts=(), audiences=()))
    assert not models.Fact.objects.exists()
    assert models.Audience.objects.filter(slug="x-staff").exists()


def test_the_matrix_has_a_cell_for_every_pair(loaded) -> None:
    domains, rows = queries.matrix()
    row = next(row for row in rows if row.priority.pk == "x-p1")
    cells = {cell.domain.pk: cell for cell in row.cells}
    assert len(row.cells) == len(domains)
    assert cells["x-d1"].marked and [activity.pk for activity in cells["x-d1"].activities] == ["x-a"]
    assert not cells["x-d2"].marked and not cells["x-d2"].activities


@pytest.mark.parametrize("language", ["fr", "en", "ar"])
def test_the_page_gives_each_figure_its_date(loaded, client_for, language: str) -> None:
    response = client_for().get(f"/{language}/programme/")
    html = response.content.decode()
    assert response.status_code == 200 and 'style="' not in html
    assert "2016–2017" in html and "2017" in html
    expected = "fr x-a" if language != "en" else "en x-a"
    assert expected in html


def test_the_page_costs_the_same_whatever_its_size(loaded, client_for, django_assert_max_num_queries) -> None:
    client = client_for()
    client.get("/en/programme/")
    with django_assert_max_num_queries(16):
        client.get("/en/programme/")


def test_an_empty_programme_says_so(db, client_for) -> None:
    models.Edition.objects.all().delete()
    assert "not loaded yet" in client_for().get("/en/programme/").content.decode()


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ("2016-12-07/2016-12-09", "from 7 to 9 December 2016"),
        ("2016-12-30/2017-01-02", "from 30 December 2016 to 2 January 2017"),
        ("2016-12/2017-03", "from December 2016 to March 2017"),
        ("2017-04", "April 2017"),
        ("2017-Q4", "fourth quarter of 2017"),
        ("2016-2017", "2016–2017"),
        ("2015", "2015"),
        ("2023-12-31", "31 December 2023"),
        ("soon", "soon"),
        ("2016-13/2016-14", "2016-13/2016-14"),
    ],
)
def test_dates_are_said_in_words(period: str, words: str) -> None:
    with translation.override("en"):
        assert in_words(period) == words


def test_figures_follow_the_language() -> None:
    with translation.override("en"):
        assert (figure("1500"), figure("3.5", "%"), figure("3-5")) == ("1,500", "3.5%", "3–5")
    with translation.override("fr"):
        assert figure("3.5", "%") == "3,5\u202f%"

"""The tree: what is put, changed, moved and closed in it, and by whom."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.errors import Refused
from operations.models import AuditEntry
from people.models import Institution
from people.queries.desk import members_on
from people.services import (
    change_institution,
    close_institution,
    join,
    leave,
    move_institution,
    place_institution,
    reopen_institution,
)


def at(code: str) -> Institution:
    return Institution.objects.get(code=code)


def put(code: str, parent: str | None = None, **more) -> Institution:
    return place_institution(code=code, name={"fr": code}, kind="prison", parent=at(parent) if parent else None, **more)


def test_an_institution_stands_below_the_one_it_was_put_under(cast):
    made = put("annexe", "mca", actor=cast.mariam)
    assert made.path == f"{at('mca').path}{made.pk}/"
    assert made in Institution.objects.within(at("dnapes"))
    assert AuditEntry.objects.get(code="people.institution-placed").actor == cast.mariam


@pytest.mark.parametrize(
    "fault",
    [
        {"code": ""},
        {"code": "Prison de Ségou"},
        {"code": "a/../b"},
        {"code": "x" * 65},
        {"code": "mca"},
        {"kind": "castle"},
        {"name": {}},
        {"name": {"fr": "  "}},
        {"name": {"fr": "a" * 161}},
        {"name": {"fr": "Prison\u202ede Kayes"}},
        {"name": {"fr": "Prison\x00"}},
        {"region": "r" * 65},
    ],
)
def test_what_cannot_be_an_institution_is_refused_in_words(cast, fault):
    with pytest.raises(Refused) as refusal:
        place_institution(
            **{"code": "segou", "name": {"fr": "Ségou"}, "kind": "prison", "parent": at("dnapes"), **fault}
        )
    assert refusal.value.sentence.endswith(".")
    assert not Institution.objects.filter(code="segou").exists()


def test_a_manager_puts_nothing_into_another_branch_nor_at_the_top(cast):
    for parent in (at("court"), at("ministry"), None):
        with pytest.raises(Refused):
            place_institution(code="new", name={"fr": "new"}, kind="prison", parent=parent, actor=cast.mariam)


def test_a_manager_does_not_change_the_institution_that_the_role_is_held_for(cast):
    with pytest.raises(Refused):
        change_institution(
            institution=at("dnapes"), name={"fr": "Moi"}, kind="directorate", region="", actor=cast.mariam
        )
    change_institution(institution=at("mca"), name={"fr": "MCA"}, kind="prison", region="Bamako", actor=cast.mariam)
    assert at("mca").region == "Bamako"


def test_moving_takes_everything_below_along(cast):
    wing = put("wing", "mca")
    cell = put("cell", "wing")
    move_institution(institution=at("wing"), parent=at("koulikoro"), actor=cast.mariam)
    cell.refresh_from_db()
    assert cell.path == f"{at('koulikoro').path}{wing.pk}/{cell.pk}/"
    assert cell not in Institution.objects.within(at("mca"))


@pytest.mark.parametrize("target", ["mca", "wing", "cell"])
def test_a_circular_tree_is_refused_in_words(cast, target):
    put("wing", "mca")
    put("cell", "wing")
    before = dict(Institution.objects.values_list("code", "path"))
    with pytest.raises(Refused) as refusal:
        move_institution(institution=at("mca"), parent=at(target))
    assert "below itself" in refusal.value.sentence
    assert dict(Institution.objects.values_list("code", "path")) == before


def test_nothing_is_moved_out_of_a_branch_or_into_it_by_its_manager(cast):
    for institution, parent in (("mca", "court"), ("court", "dnapes"), ("mca", None), ("dnapes", "mca")):
        with pytest.raises(Refused):
            move_institution(institution=at(institution), parent=at(parent) if parent else None, actor=cast.mariam)


@pytest.mark.django_db
@given(moves=st.lists(st.tuples(st.integers(0, 5), st.integers(-1, 5)), max_size=12))
def test_whatever_is_moved_where_every_path_tells_its_ancestors(moves):
    Institution.objects.filter(code__startswith="p").exclude(memberships__isnull=False).delete()
    nodes = [put(f"p{number}") for number in range(6)]
    for which, where in moves:
        try:
            move_institution(institution=at(nodes[which].code), parent=at(nodes[where].code) if where >= 0 else None)
        except Refused:
            continue
    for node in Institution.objects.filter(code__startswith="p"):
        above = f"{Institution.objects.get(pk=node.parent_id).path}" if node.parent_id else ""
        assert node.path == f"{above}{node.pk}/"
    for node in sorted(Institution.objects.filter(code__startswith="p"), key=lambda found: -found.depth):
        node.delete()


def test_an_institution_is_closed_only_when_nobody_and_nothing_hangs_on_it(cast):
    with pytest.raises(Refused) as refusal:
        close_institution(institution=at("mca"), actor=cast.mariam)
    assert "1 person still belongs to it." in refusal.value.sentence
    with pytest.raises(Refused) as refusal:
        close_institution(institution=at("dnapes"), actor=cast.admin)
    assert "4 people still belong to it." in refusal.value.sentence
    assert "4 roles are still held for it." in refusal.value.sentence
    assert "2 institutions below it are open." in refusal.value.sentence
    close_institution(institution=at("koulikoro"), actor=cast.mariam)
    with pytest.raises(Refused):
        join(user=cast.awa, institution=at("koulikoro"), actor=cast.mariam)
    reopen_institution(institution=at("koulikoro"), actor=cast.mariam)
    assert join(user=cast.awa, institution=at("koulikoro"), actor=cast.mariam).holds()


def test_the_figures_of_a_closed_institution_stay(cast):
    leave(membership=cast.awa.memberships.get(), day=dt.date(2024, 6, 1), actor=cast.admin)
    close_institution(institution=at("mca"), actor=cast.mariam)
    assert cast.awa in members_on(at("mca"), dt.date(2024, 5, 31))
    assert cast.awa not in members_on(at("mca"), dt.date(2024, 6, 1))

"""Pathways in an administrator's own words: what cannot be is said with its place, and nothing of it is kept."""

from __future__ import annotations

import copy

import pytest
import yaml
from django.conf import settings
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from certificates.definition import MOST, Wrong, read
from certificates.models import Candidate, Pathway, StageDecision
from certificates.services.definitions import remove_pathway, reset_pathway, save_pathway
from certificates.services.pathways import load_pathways
from content.models import KeptDocument
from operations.errors import Refused
from operations.models import AuditEntry

FILE = settings.BASE_DIR / "content/curriculum/pathways/trainer-certification.yaml"
KNOWN = {"courses": {"training-of-trainers"}, "rubrics": {"facilitation-observation", "local-module-review"}}
OWN = {
    "id": "mentors",
    "title": {"fr": "Mentors"},
    "stages": [
        {
            "id": "begin",
            "order": 1,
            "title": {"fr": "Débuter"},
            "requirements": [{"type": "trainees-mentored", "min_count": 1}],
            "signed_off_by": {"role": "master-trainer", "fr": "Maître formateur"},
        }
    ],
}


def test_the_curriculum_s_own_pathway_can_be_kept_as_it_is():
    assert read(FILE.read_text(), **KNOWN) == yaml.safe_load(FILE.read_text())


def wrong(text: str) -> str:
    with pytest.raises(Wrong) as caught:
        read(text, **KNOWN)
    return " ".join(caught.value.sentences)


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("id",), "Not A Slug", "id:"),
        (("title",), {"en": "only"}, "title:"),
        (("stages",), [], "stages:"),
        (("stages",), ["x"], "stages[1]:"),
        (("stages", 0, "order"), "1", "stages[1].order"),
        (("stages", 0, "order"), True, "stages[1].order"),
        (("stages", 0, "signed_off_by"), {"role": "king", "fr": "Roi"}, "stages[1].signed_off_by.role"),
        (("stages", 0, "signed_off_by"), {"role": "system"}, "stages[1].signed_off_by"),
        (("stages", 0, "requirements"), [], "stages[1].requirements"),
        (("stages", 0, "requirements", 0, "type"), "magic", "stages[1].requirements[1].type"),
        (("stages", 0, "requirements", 0, "min_count"), 0, "stages[1].requirements[1].min_count"),
        (("stages", 0, "requirements", 0, "min_count"), None, "stages[1].requirements[1].min_count"),
        (("stages", 0, "requirements", 0, "mincount"), 3, "stages[1].requirements[1].mincount"),
        (("stages", 0, "requirements", 0), {"type": "course-passed", "course": "none"}, ".course"),
        (("stages", 0, "requirements", 0), {"type": "stages-complete", "stages": ["begin"]}, ".stages"),
        (("stages", 0, "requirements", 0), {"type": "rubric-score", "rubric": "none"}, ".rubric"),
        (("validity_months",), 1.5, "validity_months:"),
        (("principles",), [{"fr": ""}], "principles[1]"),
    ],
)
def test_each_fault_is_told_with_its_place(path, value, told):
    top = copy.deepcopy(OWN)
    at = top
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    assert told in wrong(yaml.safe_dump(top))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- 1",
        "id: [",
        "id: a\nid: b",
        "a: &x [1]\nb: *x",
        "a: !!python/object/apply:os.system [ls]",
        "id: 2026-11-24",
        "[" * 5000,
        "\t",
        "id: .nan",
        "\x00",
        "x" * (MOST + 1),
    ],
)
def test_what_is_no_definition_is_refused_in_words(text):
    assert wrong(text)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "title", "stages", "order", "type", "fr", "requirements"]), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(_json)
def test_whatever_is_written_gives_a_definition_or_sentences(value):
    try:
        assert read(yaml.safe_dump(value), **KNOWN)["stages"]
    except Wrong as error:
        assert all(error.sentences)


# --- kept -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def road(db):
    KeptDocument.objects.update_or_create(
        path="pathways/mentors.yaml",
        defaults={"kind": "pathways", "text": yaml.safe_dump(OWN, sort_keys=False), "digest": "d" * 64},
    )
    load_pathways()
    return Pathway.objects.get(slug="mentors")


def test_own_words_stay_when_the_folder_is_loaded_again_until_they_are_taken_back(road, cast):
    text = yaml.safe_dump(OWN | {"title": {"fr": "Marraines et mentors"}})
    assert str(save_pathway(text=text, actor=cast.admin, pathway=road)) == "Marraines et mentors"
    load_pathways()
    road.refresh_from_db()
    assert str(road) == "Marraines et mentors"
    reset_pathway(pathway=road, actor=cast.admin)
    road.refresh_from_db()
    assert (str(road), road.digest) == ("Mentors", "d" * 64)
    codes = list(AuditEntry.objects.filter(code__startswith="certificates.pathway").values_list("code", flat=True))
    assert sorted(codes) == ["certificates.pathway-edited", "certificates.pathway-reset"]


def test_a_stage_that_was_decided_for_somebody_stays(road, cast):
    candidate = Candidate.objects.create(pathway=road, user=cast.awa)
    StageDecision.objects.create(candidate=candidate, stage="begin", outcome="passed", signed_as="master-trainer")
    other = copy.deepcopy(OWN)
    other["stages"][0]["id"] = "start"
    with pytest.raises(Refused, match="begin"):
        save_pathway(text=yaml.safe_dump(other), actor=cast.admin, pathway=road)
    with pytest.raises(Refused):
        remove_pathway(pathway=road, actor=cast.admin)
    road.refresh_from_db()
    assert road.stages[0]["id"] == "begin" and road.digest


def test_only_administrators_and_never_under_another_id(road, cast):
    for person in (cast.issa, cast.fanta, cast.mariam):
        with pytest.raises(Refused):
            save_pathway(text=yaml.safe_dump(OWN), actor=person, pathway=road)
    with pytest.raises(Refused):
        save_pathway(text=yaml.safe_dump(OWN | {"id": "other"}), actor=cast.admin, pathway=road)
    with pytest.raises(Refused):
        save_pathway(text=yaml.safe_dump(OWN), actor=cast.admin)
    with pytest.raises(Refused):
        remove_pathway(pathway=road, actor=cast.admin)  # the curriculum would bring it again


def test_through_the_pages_what_was_typed_stays_and_a_second_pathway_can_be_joined(road, cast, client_for):
    admin, new = client_for(cast.admin), reverse("manage-pathway-new")
    page = admin.post(new, {"text": "id: [\nà garder", "do": "save"})
    assert page.status_code == 422 and "à garder" in page.content.decode()
    assert admin.post(new, {"text": yaml.safe_dump(OWN | {"id": "second"}), "do": "save"}).status_code == 303
    listed = admin.get(reverse("manage-pathways")).content.decode()
    assert "second" in listed and "mentors" in listed
    assert "trainees-mentored" in admin.get(reverse("manage-pathway", args=["second"])).content.decode()
    awa = client_for(cast.awa)
    assert awa.get(reverse("pathway")).content.decode().count('data-action="join"') >= 2
    awa.post(reverse("pathway"), {"do": "join", "pathway": "second"})
    assert Candidate.objects.get(user=cast.awa).pathway_id == "second"
    assert admin.post(reverse("manage-pathway", args=["second"]), {"do": "remove"}).status_code == 422
    assert client_for(cast.fanta).get(new).status_code == 403

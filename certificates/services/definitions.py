"""Pathways in an administrator's own wording: written, taken back, removed. Whoever is under way keeps what was decided."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certificates import definition
from certificates.models import Candidate, Pathway, StageDecision
from certificates.services.pathways import curriculum_pathways
from content.models import KeptDocument
from courses.models import Course
from operations import audit
from operations.errors import Refused
from people.checks import administrators_only
from people.models import User


@transaction.atomic
def save_pathway(*, text: str, actor: User, pathway: Pathway | None = None) -> Pathway:
    """Keep a definition, written as YAML, for a pathway that is there or a new one.

    Raises `certificates.definition.Wrong` with a sentence for each fault; Refused where the actor is no administrator, the
    id is another's, or a stage would go on which somebody's decision rests.
    """
    administrators_only(actor)
    rubrics = KeptDocument.objects.filter(path__startswith="rubrics/").values_list("path", flat=True)
    found = definition.read(
        text,
        courses=set(Course.objects.values_list("slug", flat=True)),
        rubrics={path.removeprefix("rubrics/").removesuffix(".yaml") for path in rubrics},
    )
    if pathway is None:
        if Pathway.objects.filter(slug=found["id"]).exists():
            raise Refused(_("There is a pathway with this id already."), _("Choose another id, or change that one."))
        made = Pathway.objects.create(slug=found["id"], definition=found, digest="")
        return _noted(made, actor, "certificates.pathway-added")
    held = Pathway.objects.select_for_update().get(pk=pathway.pk)
    if found["id"] != held.slug:
        raise Refused(_("The id of a pathway stays: %(id)s.") % {"id": held.slug}, _("Add another pathway instead."))
    _keep_decided(held, found)
    held.definition, held.digest = found, ""
    held.save()
    return _noted(held, actor, "certificates.pathway-edited")


@transaction.atomic
def reset_pathway(*, pathway: Pathway, actor: User) -> Pathway:
    """Take the curriculum's wording again. Raises Refused where it holds none, or as `save_pathway`."""
    administrators_only(actor)
    held = Pathway.objects.select_for_update().get(pk=pathway.pk)
    kept = _of_curriculum(held)
    if kept is None:
        raise Refused(_("The curriculum holds no pathway with this id."))
    _keep_decided(held, kept[0])
    held.definition, held.digest = kept
    held.save()
    return _noted(held, actor, "certificates.pathway-reset")


@transaction.atomic
def remove_pathway(*, pathway: Pathway, actor: User) -> None:
    """Remove a pathway that nobody ever joined and that the curriculum does not bring. Raises Refused."""
    administrators_only(actor)
    held = Pathway.objects.select_for_update().get(pk=pathway.pk)
    if held.candidates.exists():
        raise Refused(_("People are or were on this pathway: it stays."))
    if _of_curriculum(held) is not None:
        raise Refused(_("The curriculum brings this pathway: it would come back."))
    _noted(held, actor, "certificates.pathway-removed")
    held.delete()


def _of_curriculum(pathway: Pathway) -> tuple[dict[str, Any], str] | None:
    """What the curriculum says of the pathway: definition, digest of its file."""
    return next((found for found in curriculum_pathways() if found[0]["id"] == pathway.slug), None)


def _keep_decided(held: Pathway, found: dict[str, Any]) -> None:
    """Raises Refused where a stage goes that was decided for somebody, or for which somebody brought something."""
    staying = {stage["id"] for stage in found["stages"]}
    going = [stage for stage in held.stages if stage["id"] not in staying]
    names = [stage["id"] for stage in going]
    decided = StageDecision.objects.filter(candidate__pathway=held, stage__in=names).values("candidate")
    people = Candidate.objects.filter(pathway=held).filter(pk__in=decided).count()
    if people:
        raise Refused(
            ngettext(
                "%(count)d person has a decision on a stage that would go: %(stages)s.",
                "%(count)d people have a decision on a stage that would go: %(stages)s.",
                people,
            )
            % {"count": people, "stages": ", ".join(names)},
            _("Keep the id of the stage; its words and requirements may change."),
        )


def _noted(pathway: Pathway, actor: User, code: str) -> Pathway:
    audit.record_change(actor=actor, code=code, obj=pathway, after={"pathway": pathway.slug})
    return pathway

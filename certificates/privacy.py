"""What this room knows of a person: credentials, why they were issued, and their papers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certificates import queries, services
from certificates.badges import badge_json
from certificates.models import Credential, Evidence, Rendering
from certificates.paper import languages_of
from people import privacy
from people.models import User
from people.privacy import hand_back, hand_over, written


def register() -> None:
    """Called once, from `AppConfig.ready`."""
    privacy.register(
        "certificates",
        label=_("Certificates"),
        export=export,
        erase=erase,
        move=move,
        back=back,
        files=files,
        remains=remains,
        covers=[Credential, Evidence, Rendering],
        words={
            "credentials": _("Certificates: number, title and dates"),
            "papers": _("Signed papers"),
            "number": _("Number"),
            "kind": _("Nature"),
            "title": _("Title"),
            "name": _("Name as printed"),
            "issued": _("Issued on"),
            "expires": _("Valid until"),
            "standing": _("Status"),
            "revoked": _("Revoked on"),
            "reason": _("Reason"),
            "why": _("Why it was issued"),
        },
    )


def export(user: User) -> list[dict[str, Any]]:
    return [
        {
            "number": row.number,
            "kind": str(row.get_kind_display()),
            "title": queries.title_of(row).text,
            "name": row.holder_name,
            "issued": written(row.issued),
            "expires": written(row.expires),
            "standing": row.get_standing_display(),
            "revoked": written(row.revoked_at),
            "reason": row.revocation_reason,
            "why": [reason.sentence for reason in queries.evidence_of(row)],
        }
        for row in queries.for_user(user)
    ]


def files(user: User) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The signed paper of every credential, in each of its languages, and its Open Badge."""
    for credential in queries.for_user(user):
        if credential.status == Credential.Status.ISSUED:
            for language in languages_of(credential):
                yield f"certificates/{credential.number}-{language}.pdf", partial(_paper, credential, language)
            yield f"certificates/{credential.number}.json", partial(_badge, credential)


def _badge(credential: Credential) -> bytes:
    return badge_json(credential).encode()


def _paper(credential: Credential, language: str) -> bytes:
    with default_storage.open(str(services.render(credential=credential, language=language).file)) as file:
        content: bytes = file.read()
    return content


def erase(user: User) -> dict[str, int]:
    """Take the holder, the name, the evidence and the papers away; number, title and dates stay, so that the
    verification page can say what became of the certificate."""
    rows = list(Credential.objects.select_for_update().filter(holder=user))
    papers = Rendering.objects.filter(credential__in=rows)
    for name in papers.values_list("file", flat=True):
        transaction.on_commit(partial(default_storage.delete, name))
    Evidence.objects.filter(credential__in=rows).delete()
    gone, _details = papers.delete()
    for row in rows:
        row.holder, row.holder_name, row.enrolment, row.revocation_reason = None, "", None, ""
        row.rule = {name: value for name, value in row.rule.items() if name != "inputs"}
        row.erased = timezone.now()
    fields = ["holder", "holder_name", "enrolment", "revocation_reason", "rule", "erased"]
    Credential.objects.bulk_update(rows, fields)
    Credential.objects.filter(revoked_by=user).update(revoked_by=None)
    return {"papers": gone}


def remains(user: User) -> dict[str, int]:
    return {"credentials": Credential.objects.filter(holder=user).count()}


def move(source: User, target: User) -> dict[str, Any]:
    """Give the credentials to `target`; the name stays as it was printed."""
    return {
        "holder": hand_over(Credential.objects.filter(holder=source), "holder", target),
        "revoked_by": hand_over(Credential.objects.filter(revoked_by=source), "revoked_by", target),
    }


def back(moved: Any, source: User, target: User) -> None:
    for field, ids in moved.items():
        hand_back(Credential, field, ids, source, target)

"""How papers look with the texts, marks and signatories as administrators have them now. Nothing is written."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import override

from certificates import pdf, services
from certificates.models import Credential
from certificates.paper import specimen_of
from operations import clock
from operations.errors import Refused


def specimen(*, kind: str, language: str) -> bytes:
    """A specimen of a certificate of this kind: no number that verifies, no signature. Raises Refused for no kind of ours."""
    if kind not in Credential.Kind.values or language not in pdf.WORDS:
        raise Refused(_("There is no such paper."))
    with override(language):
        title, objectives = _("Title of the course"), [_("First objective"), _("Second objective")]
    today = clock.today()
    credential = Credential(
        kind=kind,
        title={language: title},
        objectives={language: objectives},
        paper=services.paper_of(kind=kind, minutes=270, titles={language: title}),
        issued=today,
        expires=today + timedelta(days=365),
    )
    return pdf.render(specimen_of(credential, language))

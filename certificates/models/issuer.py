"""Who issues certificates, and what stands on the paper around the words of the course: what administrators edit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, HelpPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting

from certificates.logos import accept

# Up to six lines, as the paper has room for them.
_LINES = RegexValidator(r"\A[^\r\n]*(\r?\n[^\r\n]*){0,5}\Z", _("Six lines at most."))

# What a sentence may name in braces, by what it is for.
NAMES: Mapping[str, Collection[str]] = {
    "competence": {"course"},
    "attendance": {"course"},
    "trainer": {"course"},
    "workshop": {"place", "days"},
}


def fill(sentence: str, facts: Mapping[str, str]) -> str:
    """The sentence with what stands in braces put in; nothing else of it means anything."""
    for name, value in facts.items():
        sentence = sentence.replace(f"{{{name}}}", value)
    return sentence


_FURTHER = ("second", "third")
_COURSE = _("A sentence beginning in lower case; {course} stands for the title of the course. Empty: the built-in one.")
_PLACE = _("A sentence beginning in lower case; {place} and {days} stand for where and when. Empty: the built-in one.")


def _text(words: Any, help_text: Any = "") -> models.CharField[str, str]:
    return models.CharField(words, max_length=300, blank=True, help_text=help_text)


def _kept(settings: IssuerSettings, name: str) -> str:
    """Where a mark lies: under the name that `certificates.logos` gave it by its content."""
    return name


@register_setting(icon="doc-full")
class IssuerSettings(BaseGenericSetting):
    """Who issues certificates, and what stands on the paper around the words of the course. Each certificate keeps what
    held when it was issued.

    Personal data: the signatories' names. Kept until another one is written.
    """

    issuer_fr = models.CharField(
        _("issuing service, in French"),
        max_length=160,
        default="Direction nationale de l'administration pénitentiaire et de l'éducation surveillée",
        help_text=_("Named on the paper, in its electronic signature and on the verification page."),
    )
    issuer_en = models.CharField(
        _("issuing service, in English"),
        max_length=160,
        default="National Directorate of Prison Administration and Supervised Education",
    )
    letterhead_fr = models.TextField(
        _("letterhead, in French"),
        default="République du Mali\nMinistère de la Justice",
        validators=[_LINES],
        max_length=600,
        help_text=_("One line each, from the state down to the service. To be adapted."),
    )
    letterhead_en = models.TextField(
        _("letterhead, in English"),
        default="Republic of Mali\nMinistry of Justice",
        validators=[_LINES],
        max_length=600,
    )
    motto_fr = models.CharField(
        _("motto, in French"), max_length=160, blank=True, default="Un Peuple – Un But – Une Foi"
    )
    motto_en = models.CharField(
        _("motto, in English"), max_length=160, blank=True, default="One People – One Goal – One Faith"
    )
    signatory = models.CharField(_("name of the person who signs"), max_length=160, blank=True)
    signatory_title_fr = models.CharField(
        _("title of the person who signs, in French"),
        max_length=160,
        blank=True,
        default="La direction de la formation",
    )
    signatory_title_en = models.CharField(
        _("title of the person who signs, in English"), max_length=160, blank=True, default="Directorate of Training"
    )
    place = models.CharField(_("place"), max_length=160, blank=True, default="Bamako")
    second_signatory = models.CharField(_("name of the second person who signs"), max_length=160, blank=True)
    second_title_fr = models.CharField(_("title of the second person, in French"), max_length=160, blank=True)
    second_title_en = models.CharField(_("title of the second person, in English"), max_length=160, blank=True)
    third_signatory = models.CharField(_("name of the third person who signs"), max_length=160, blank=True)
    third_title_fr = models.CharField(_("title of the third person, in French"), max_length=160, blank=True)
    third_title_en = models.CharField(_("title of the third person, in English"), max_length=160, blank=True)
    logo = models.FileField(
        _("mark above the letterhead"), upload_to=_kept, blank=True, help_text=_("SVG or PNG, 300 KB at most.")
    )
    # Headings and sentences in place of the built-in ones, which stand where these are empty.
    heading_competence_fr = _text(_("heading of a certificate of competence, in French"))
    heading_competence_en = _text(_("heading of a certificate of competence, in English"))
    heading_attendance_fr = _text(_("heading of a certificate of attendance, in French"))
    heading_attendance_en = _text(_("heading of a certificate of attendance, in English"))
    heading_trainer_fr = _text(_("heading of a trainer certificate, in French"))
    heading_trainer_en = _text(_("heading of a trainer certificate, in English"))
    reason_competence_fr = _text(_("what competence is certified for, in French"), _COURSE)
    reason_competence_en = _text(_("what competence is certified for, in English"), _COURSE)
    reason_attendance_fr = _text(_("what attendance of a course is certified for, in French"), _COURSE)
    reason_attendance_en = _text(_("what attendance of a course is certified for, in English"), _COURSE)
    reason_trainer_fr = _text(_("what a trainer is certified for, in French"), _COURSE)
    reason_trainer_en = _text(_("what a trainer is certified for, in English"), _COURSE)
    reason_workshop_fr = _text(_("what attendance of a workshop is certified for, in French"), _PLACE)
    reason_workshop_en = _text(_("what attendance of a workshop is certified for, in English"), _PLACE)
    stamp_space = models.BooleanField(_("leave room for a signature in ink and a stamp"), default=True)

    panels = [
        HelpPanel(template="certificates/desk/previews.html", heading=_("Specimens")),
        MultiFieldPanel([FieldPanel("issuer_fr"), FieldPanel("issuer_en")], heading=_("Issuing service")),
        MultiFieldPanel(
            [
                FieldPanel("logo"),
                FieldPanel("letterhead_fr"),
                FieldPanel("letterhead_en"),
                FieldPanel("motto_fr"),
                FieldPanel("motto_en"),
            ],
            heading=_("Head of the page"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("signatory"),
                FieldPanel("signatory_title_fr"),
                FieldPanel("signatory_title_en"),
                *(
                    FieldPanel(f"{which}_{name}")
                    for which in _FURTHER
                    for name in ("signatory", "title_fr", "title_en")
                ),
                FieldPanel("place"),
                FieldPanel("stamp_space"),
            ],
            heading=_("Signature"),
        ),
        MultiFieldPanel(
            [
                *(FieldPanel(f"heading_{kind}_{one}") for kind in NAMES if kind != "workshop" for one in ("fr", "en")),
                *(FieldPanel(f"reason_{kind}_{one}") for kind in NAMES for one in ("fr", "en")),
            ],
            heading=_("Texts"),
        ),
    ]

    class Meta:
        verbose_name = _("certificates: who issues them")

    def clean(self) -> None:
        """Refuse, in words, a mark that is no picture of ours to print, and names in braces that mean nothing."""
        super().clean()
        wrong: dict[str, Any] = {}
        if self.logo and not getattr(self.logo, "_committed", True):
            file = self.logo.file
            try:
                self.logo.name = accept(self.logo.name or "", file.read())
            except ValidationError as error:
                wrong["logo"] = error
            file.seek(0)
        for kind, names in NAMES.items():
            for language in ("fr", "en"):
                left = fill(getattr(self, f"reason_{kind}_{language}"), dict.fromkeys(names, ""))
                if "{" in left or "}" in left:
                    wrong[f"reason_{kind}_{language}"] = _now("In braces, this sentence may name only: %(names)s.") % {
                        "names": ", ".join(f"{{{name}}}" for name in sorted(names))
                    }
        if wrong:
            raise ValidationError(wrong)

    def heading(self, kind: str, language: str) -> str:
        """What this kind of certificate is called, where it is not the built-in words."""
        found: str = getattr(self, f"heading_{kind}_{language}")
        return found

    def reason(self, kind: str, language: str) -> str:
        """For what this kind is given, with names in braces; empty for the built-in sentence."""
        found: str = getattr(self, f"reason_{kind}_{language}")
        return found

    def on_paper(self, language: str) -> dict[str, Any]:
        """What a certificate in this language (fr or en) keeps of these settings."""
        lines = [line.strip() for line in getattr(self, f"letterhead_{language}").splitlines()]
        return {
            "issuer": getattr(self, f"issuer_{language}"),
            "letterhead": [line for line in lines if line],
            "motto": getattr(self, f"motto_{language}"),
            "signatory": self.signatory,
            "signatory_title": getattr(self, f"signatory_title_{language}"),
            "signatories": [
                {"name": getattr(self, f"{which}_signatory"), "title": getattr(self, f"{which}_title_{language}")}
                for which in _FURTHER
                if getattr(self, f"{which}_signatory") or getattr(self, f"{which}_title_{language}")
            ],
            "logo": str(self.logo.name or "") if self.logo else "",
            "place": self.place,
            "stamp_space": self.stamp_space,
        }

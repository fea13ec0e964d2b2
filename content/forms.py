"""Forms of the authoring desk: words per language, figures with a file per language, answers to reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.forms.choosers import BaseFilterForm

from content.folding import fold
from content.models import ErrorReport, Figure, Norm, Source, Term
from content.pictures import inspect
from content.services import handle_report, store_figure, term_slug
from content.signals import terms_changed
from operations.errors import Refused

LANGUAGES: Sequence[tuple[str, str]] = settings.WAGTAIL_CONTENT_LANGUAGES


class WordSearch(BaseFilterForm):
    """The search box of choosers: any case and accents, over all that a row says."""

    q = forms.CharField(
        label=_("Search"), required=False, max_length=100, widget=forms.TextInput(attrs={"placeholder": _("Search")})
    )

    def filter(self, objects: Any) -> Any:
        self.search_query = self.cleaned_data.get("q")
        wanted = fold(self.search_query or "").split()
        if not wanted:
            return objects
        self.is_searching = True
        said = {row.pk: fold(f"{row} {row.pk}") for row in objects}
        return objects.filter(pk__in=[pk for pk, text in said.items() if all(word in text for word in wanted)])


class WordsWidget(forms.MultiWidget):
    """One box a language."""

    template_name = "content/words_widget.html"

    def __init__(self, *, rows: int = 1) -> None:
        super().__init__(
            {code: forms.Textarea(attrs={"rows": rows, "lang": code, "aria-label": name}) for code, name in LANGUAGES}
        )

    def decompress(self, value: dict[str, str] | None) -> list[str]:
        return [(value or {}).get(code, "") for code, _name in LANGUAGES]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for widget, (_code, language) in zip(context["widget"]["subwidgets"], LANGUAGES, strict=True):
            widget["language"] = language
        return context


class WordsField(forms.MultiValueField):
    """{"fr": …, "en": …}: the site's language is needed, the others may wait."""

    def __init__(self, *, rows: int = 1, max_length: int = 2000, **kwargs: Any) -> None:
        fields = [forms.CharField(required=False, max_length=max_length) for _language in LANGUAGES]
        super().__init__(fields, widget=WordsWidget(rows=rows), require_all_fields=False, **kwargs)

    def compress(self, data_list: list[str]) -> dict[str, str]:
        words = {code: text.strip() for (code, _name), text in zip(LANGUAGES, data_list, strict=True) if text.strip()}
        if settings.LANGUAGE_CODE not in words:
            raise ValidationError(_("Write it in %(language)s first.") % {"language": LANGUAGES[0][1]})
        return words


class NormForm(WagtailAdminModelForm):
    label = WordsField(label=_("Words"), max_length=250)

    class Meta:
        model = Norm
        fields = ["slug", "source", "number", "label", "position"]


class TermForm(WagtailAdminModelForm):
    term = WordsField(label=_("Word"), max_length=200)
    definition = WordsField(label=_("Meaning"), rows=4)

    class Meta:
        model = Term
        fields = ["term", "definition", "source"]

    def save(self, commit: bool = True) -> Term:
        if not self.instance.slug:
            self.instance.slug = term_slug(self.instance.term, used=set(Term.objects.values_list("slug", flat=True)))
        term: Term = super().save(commit)
        if commit:
            terms_changed.send(sender=Term)
        return term


class SourceForm(WagtailAdminModelForm):
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[
            ("law", _("Law or treaty")),
            ("standard", _("Standard or principles")),
            ("report", _("Report or handbook")),
            ("paper", _("Research")),
            ("seed", _("The programme itself")),
        ],
    )
    title = forms.CharField(label=_("Title"), max_length=500)
    author = forms.CharField(label=_("Author or publisher"), max_length=300)

    class Meta:
        model = Source
        fields = ["slug", "title", "author", "year", "url", "kind", "checked", "checked_against"]


FILES = {
    f"file_{code}": forms.FileField(label=name, required=False, help_text=_("SVG, PNG, JPEG or WebP, at most 5 MB."))
    for code, name in LANGUAGES
}


class FigureForm(WagtailAdminModelForm):
    """A figure with a file for each language; a file that is not given stays as it is."""

    vars().update(FILES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, _name in LANGUAGES:
            self.fields[f"file_{code}"].required = not self.instance.pk and code == settings.LANGUAGE_CODE

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for code, _name in LANGUAGES:
            if upload := cleaned.get(f"file_{code}"):
                data = upload.read()
                upload.seek(0)
                _picture, reasons = inspect(upload.name, data)
                if reasons:
                    self.add_error(f"file_{code}", reasons)
        return cleaned

    def save(self, commit: bool = True) -> Figure:
        figure: Figure = super().save(commit)
        if commit:
            for code, _name in LANGUAGES:
                if upload := self.cleaned_data.get(f"file_{code}"):
                    store_figure(
                        owner=figure.owner,
                        name=figure.name,
                        language=code,
                        data=upload.read(),
                        tier=figure.tier,
                        filename=upload.name,
                    )
        return figure

    class Meta:
        model = Figure
        fields = ["name", "owner", "tier"]


class ReportForm(WagtailAdminModelForm):
    """The answer to a report; saving it closes the report."""

    answer = forms.CharField(
        label=_("Answer"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=4000,
        help_text=_("What was changed, or why nothing was. Saving closes the report."),
    )

    class Meta:
        model = ErrorReport
        fields = ["answer"]

    def save(self, commit: bool = True) -> ErrorReport:
        try:
            return handle_report(report=self.instance, answer=self.cleaned_data["answer"], actor=self.for_user)
        except Refused as refused:  # the form has checked: only a race comes here
            raise ValidationError(refused.sentence) from refused

"""The audit trail: list, detail, file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from operations import audit
from people import access
from people.models import User
from people.policy import Capability
from people.queries.audit import Line, all_lines, entries_for, filtered, lines

A_PAGE = 50


class Filters(forms.Form):
    """What to look for in the trail."""

    who = forms.CharField(label=gettext_lazy("Who did it"), required=False, max_length=100)
    about = forms.CharField(label=gettext_lazy("Whom it concerns"), required=False, max_length=100)
    family = forms.ChoiceField(label=gettext_lazy("What about"), required=False)
    first = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    last = forms.DateField(
        label=gettext_lazy("To"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    kind = forms.ChoiceField(label=gettext_lazy("Changes or looks"), required=False)

    def __init__(self, *args: Any, looks: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["family"].choices = [("", _("Everything")), *audit.families()]  # type: ignore[attr-defined]
        if looks:
            kinds = [("", _("Both")), ("changes", _("Changes")), ("looks", _("Looks"))]
            self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        else:
            del self.fields["kind"]


@require_safe
def trail(request: HttpRequest) -> HttpResponse:
    """What happened, newest first. At most 8 queries; 10 where a manager reads of protected people."""
    viewer = _viewer(request)
    form = Filters(request.GET or None, looks=access.can(viewer, Capability.AUDIT_ALL))
    found = entries_for(viewer)
    if form.is_bound:
        found = filtered(found, viewer, form.cleaned_data) if form.is_valid() else found.none()
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    asked = request.GET.copy()
    asked.pop("page", None)
    context = {
        "form": form,
        "lines": lines(list(page.object_list), viewer),
        "page": page,
        "address": f"{asked.urlencode()}&" if asked else "",
        "filtering": form.is_bound and any(form.data.get(name) for name in form.fields),
    }
    return render(request, "people/audit.html", context, status=422 if form.errors else 200)


@require_safe
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """One row, with what was before and after."""
    viewer = _viewer(request)
    row = get_object_or_404(entries_for(viewer), pk=pk)
    return render(request, "people/audit_entry.html", {"line": lines([row], viewer, whole=True)[0]})


@require_safe
def export(request: HttpRequest) -> HttpResponseBase:
    """What the list shows, as a file for a spreadsheet; taking it is written down."""
    viewer = _viewer(request)
    form = Filters(request.GET, looks=access.can(viewer, Capability.AUDIT_ALL))
    if not form.is_valid():
        return trail(request)
    found = filtered(entries_for(viewer), viewer, form.cleaned_data)
    audit.record_look(actor=viewer, code="people.audit-exported", obj=("operations.auditentry", "*"))
    response = StreamingHttpResponse(
        _file(all_lines(found, viewer), get_language() or "fr"), content_type="text/csv; charset=utf-8"
    )
    # Neither who nor what: a phone shows names of files.
    response["Content-Disposition"] = f'attachment; filename="kalanso-{timezone.localdate():%Y-%m-%d}.csv"'
    return response


class _Echo:
    def write(self, row: str) -> str:
        return row


def _file(rows: Iterator[Line], language: str) -> Iterator[str]:
    """Lines of the file; a mark in front tells spreadsheets that it is UTF-8."""
    write = csv.writer(_Echo()).writerow
    with override(language):
        heads = [
            _("When"),
            _("Who"),
            _("What happened"),
            _("Whom it concerns"),
            _("Where"),
            _("Reason"),
            _("Before"),
            _("After"),
        ]
        yield "\ufeff" + write(heads)
        for line in rows:
            changed = line.differences
            yield write(
                _harmless(cell)
                for cell in (
                    date_format(timezone.localtime(line.entry.when), "Y-m-d H:i:s"),
                    line.who,
                    line.sentence,
                    line.about,
                    line.place,
                    line.entry.reason,
                    "; ".join(f"{label}: {before}" for label, before, _after in changed if before),
                    "; ".join(f"{label}: {after}" for label, _before, after in changed if after),
                )
            )


def _harmless(cell: str) -> str:
    """A spreadsheet must not take a text for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else cell


def _viewer(request: HttpRequest) -> User:
    viewer = request.user
    access.require(viewer, Capability.AUDIT_OWN_BRANCH)
    assert isinstance(viewer, User)
    return viewer

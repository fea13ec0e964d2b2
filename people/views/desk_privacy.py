"""The desk: requests to be erased, accounts of one person made one."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from operations.errors import Refused
from people import access, services
from people.models import ErasureRequest, Merge
from people.names import shown_name
from people.policy import Capability
from people.queries import desk as desk_queries
from people.queries import privacy as queries
from people.services.erasure import REASON_LENGTH, remains_of
from people.services.merging import hindrances
from people.views.desk import act, person_for, see_other

_form_page = require_http_methods(["GET", "HEAD", "POST"])


# --- erasure --------------------------------------------------------------------------------------------------------


class ErasureForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_LENGTH,
        help_text=gettext_lazy("How the person was recognised, for example. It stays in the audit trail: no name."),
        widget=forms.Textarea({"rows": 3}),
    )


@require_safe
def erasures(request: HttpRequest) -> HttpResponse:
    """Requests that wait, and what became of others."""
    return render(request, "people/desk/erasures.html", {"lines": queries.erasures(access.signed_in(request))})


def _waiting(request: HttpRequest, id: UUID) -> ErasureRequest | None:
    """The request, if it still waits; else the list says what became of it."""
    access.require(access.signed_in(request), Capability.ERASE_PEOPLE)
    row = get_object_or_404(ErasureRequest.objects.select_related("user"), pk=id)
    if row.status == ErasureRequest.Status.ASKED and row.user is not None:
        return row
    messages.info(request, _("This request was dealt with already."))
    return None


@_form_page
def erasure(request: HttpRequest, id: UUID) -> HttpResponse:
    """Carry out a request: what stays is said first."""
    row = _waiting(request, id)
    if row is None or row.user is None:
        return see_other(reverse("erasures"))
    actor = access.signed_in(request)
    remains = ", ".join(f"{what}: {count}" for what, count in queries.in_words(remains_of(row.user))) or _("nothing")

    return act(
        request,
        do=partial(services.carry_out_erasure, request=row),
        done=_("The person is erased."),
        back=reverse("erasures"),
        heading=_("Erase %(name)s") % {"name": shown_name(row.user, actor)},
        sentences=[
            _("The account, the notebook, answers, messages and papers are deleted. This cannot be undone."),
            _("What stays, without the person: %(remains)s.") % {"remains": remains},
            _("The verification page says of each certificate: erased at the holder’s request."),
        ],
        button=_("Erase for good"),
        form=ErasureForm(request.POST or None),
        danger=True,
        crumbs=[(reverse("erasures"), _("Erasure"))],
    )


@_form_page
def erasure_withdraw(request: HttpRequest, id: UUID) -> HttpResponse:
    """Withdraw a request for its holder, who no longer wants it."""
    row = _waiting(request, id)
    if row is None:
        return see_other(reverse("erasures"))
    return act(
        request,
        do=partial(services.withdraw_erasure, request=row),
        done=_("The request is withdrawn. Nothing was erased."),
        back=reverse("erasures"),
        heading=_("Withdraw the request"),
        sentences=[_("Only where its holder no longer wants to be erased. They can ask again at any time.")],
        button=_("Withdraw the request"),
        crumbs=[(reverse("erasures"), _("Erasure"))],
    )


# --- merging --------------------------------------------------------------------------------------------------------


class TwoAccountsForm(forms.Form):
    kept = forms.CharField(label=gettext_lazy("Account that is kept"), max_length=150)
    merged = forms.CharField(
        label=gettext_lazy("Account that goes"),
        max_length=150,
        help_text=gettext_lazy("A staff number or a username in each field."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs |= {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


@_form_page
def duplicates(request: HttpRequest) -> HttpResponse:
    """Likely duplicates of the branch, any two accounts by name, and merges that can still be undone."""
    viewer = access.signed_in(request)
    form = TwoAccountsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reach = access.people_for(viewer, Capability.MERGE_PEOPLE)
        found = {name: desk_queries.supervisor_named(text, viewer, reach) for name, text in form.cleaned_data.items()}
        for name, person in found.items():
            if person is None:
                form.add_error(name, _("No account within your reach has this number or username."))
        if found["kept"] is not None and found["merged"] is not None:
            return see_other(reverse("merge", args=[found["kept"].key, found["merged"].key]))
    context = {"form": form, "pairs": queries.likely_duplicates(viewer), "merges": queries.open_merges(viewer)}
    return render(request, "people/desk/duplicates.html", context, status=422 if form.errors else 200)


@_form_page
def merge(request: HttpRequest, key: UUID, other: UUID) -> HttpResponse:
    """Both accounts side by side, what stands in the way, and the deed."""
    viewer = access.signed_in(request)
    kept = person_for(request, key, Capability.MERGE_PEOPLE)
    merged = person_for(request, other, Capability.MERGE_PEOPLE)
    refusal = None
    if request.method == "POST":
        try:
            services.merge_accounts(kept=kept, merged=merged, actor=viewer)
        except Refused as caught:
            refusal = caught
        else:
            messages.success(request, _("The accounts are one now. This can be undone for 30 days."))
            return see_other(reverse("duplicates"))
    context = {
        "screen": queries.comparison(kept, merged, viewer),
        "hindrances": hindrances(kept=kept, merged=merged),
        "refusal": refusal,
    }
    return render(request, "people/desk/merge.html", context, status=422 if refusal else 200)


@_form_page
def merge_undo(request: HttpRequest, id: UUID) -> HttpResponse:
    """Part two accounts again."""
    row = get_object_or_404(Merge.objects.select_related("kept", "merged"), pk=id)
    access.require(access.signed_in(request), Capability.MERGE_PEOPLE, row)
    return act(
        request,
        do=partial(services.undo_merge, merge=row),
        done=_("The accounts are two again."),
        back=reverse("duplicates"),
        heading=_("Undo the merge"),
        sentences=[
            _("Everything that was moved goes back to the account that it came from, which is opened again."),
            _("What came since stays with the account that was kept."),
        ],
        button=_("Undo the merge"),
        crumbs=[(reverse("duplicates"), _("Duplicates"))],
    )

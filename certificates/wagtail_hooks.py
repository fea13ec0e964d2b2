"""The desk of certificates, for administrators: find, read the evidence, revoke with a reason, issue anew."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import Case, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from django.views.generic import FormView
from wagtail import hooks
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import Button
from wagtail.permission_policies import BasePermissionPolicy
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import InspectView, SnippetViewSet

from certificates import queries, services
from certificates.forms import ReasonForm
from certificates.models import Credential
from certificates.paper import name_on_paper
from certificates.services import specimens
from operations.errors import Refused
from people.access import is_administrator
from people.models import User
from people.names import is_protected, shown_name


class AdministratorsRead(BasePermissionPolicy):
    """Administrators may look; what changes a certificate has views of its own, which ask again."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action == "view" and is_administrator(user)

    def users_with_any_permission(self, actions: Any) -> QuerySet[User]:
        people = get_user_model().objects
        return people.filter(is_superuser=True, is_active=True) if "view" in actions else people.none()

    def users_with_any_permission_for_instance(self, actions: Any, instance: Any) -> QuerySet[User]:
        return self.users_with_any_permission(actions)

    def instances_user_has_any_permission_for(self, user: Any, actions: Any) -> QuerySet[Any]:
        rows = self.model._default_manager.all()
        return rows if self.user_has_any_permission(user, actions) else rows.none()


register_permission_policy(Credential, AdministratorsRead(Credential))


class StandingColumn(Column):
    def get_value(self, instance: Credential) -> str:
        return instance.get_standing_display()


class TitleOfColumn(Column):
    def get_value(self, instance: Credential) -> str:
        return queries.title_of(instance).text


class DayColumn(Column):
    """The day itself: how long ago it was says nothing about a day to come."""

    def get_value(self, instance: Credential) -> str:
        day = getattr(instance, self.name)
        return date_format(day, "DATE_FORMAT") if day else ""


def holder_shown(credential: Credential, viewer: User) -> str:
    """The holder as this administrator reads it on the desk. At most 2 queries."""
    if credential.holder is not None and is_protected(credential.holder):
        return shown_name(credential.holder, viewer)
    if credential.protected:
        return _("protected")
    return credential.holder_name


class CredentialInspectView(InspectView):
    template_name = "certificates/desk/inspect.html"

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        viewset = CredentialViewSet.instance
        buttons = [
            Button(_("As its holder sees it"), url=reverse("certificate", args=[self.object.number]), icon_name="view")
        ]
        if self.object.status != Credential.Status.REVOKED:
            address = reverse(viewset.get_url_name("revoke"), args=[self.object.pk])
            buttons.append(Button(_("Revoke"), url=address, icon_name="cross"))
        anew = self.object.standing not in (Credential.Standing.RESERVED, Credential.Standing.CANCELLED)
        nameable = self.object.holder_id or self.object.registration_id
        if anew and nameable and not Credential.objects.filter(replaces=self.object).exists():
            address = reverse(viewset.get_url_name("reissue"), args=[self.object.pk])
            buttons.append(Button(_("Issue anew"), url=address, icon_name="copy"))
        return buttons

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["credential"] = self.object
        context["title"] = queries.title_of(self.object)
        revoker = self.object.revoked_by
        context["holder"] = holder_shown(self.object, self.request.user)
        context["revoked_by"] = shown_name(revoker, self.request.user) if revoker else ""
        context["evidence"] = queries.evidence_of(self.object)
        context["replaced_by"] = Credential.objects.filter(replaces=self.object).first()
        return context


class DecisionView(WagtailAdminTemplateMixin, FormView):
    """A page of its own for what cannot be taken back: says what will happen, asks why."""

    form_class = ReasonForm
    template_name = "certificates/desk/decide.html"
    header_icon = "warning"
    act = ""  # revoke or reissue
    actor: User

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not isinstance(request.user, User) or not is_administrator(request.user):
            raise PermissionDenied
        self.actor = request.user
        self.credential = get_object_or_404(Credential.objects.select_related("holder", "replaced_by"), pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def get_page_title(self) -> str:
        return _("Revoke this certificate") if self.act == "revoke" else _("Issue this certificate anew")

    def get_page_subtitle(self) -> str:
        return self.credential.number

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse(CredentialViewSet.instance.get_url_name("list")), "label": _("Certificates")},
            {"url": self._page(self.credential), "label": self.credential.number},
            {"url": "", "label": self.get_page_title()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        holder = self.credential.holder
        hidden = holder is not None and is_protected(holder)
        name = name_on_paper(holder) if holder is not None and not hidden else ""
        return super().get_context_data(**kwargs) | {
            "act": self.act,
            "credential": self.credential,
            "title": queries.title_of(self.credential),
            "back": self._page(self.credential),
            "new_name": name,
            "holder": holder_shown(self.credential, self.actor),
        }

    def form_valid(self, form: ReasonForm) -> HttpResponse:
        change = services.revoke if self.act == "revoke" else services.reissue
        try:
            after = change(credential=self.credential, reason=form.cleaned_data["reason"], actor=self.actor)
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
            return self.form_invalid(form)
        if self.act == "revoke":
            messages.success(self.request, _("The certificate is revoked. The verification page says so now."))
        else:
            messages.success(self.request, _("The new certificate has the number %(number)s.") % {"number": after})
        return HttpResponseRedirect(self._page(after), status=303)

    def _page(self, credential: Credential) -> str:
        return reverse(CredentialViewSet.instance.get_url_name("inspect"), args=[credential.pk])


class CredentialViewSet(SnippetViewSet):
    model = Credential
    icon = "success"
    menu_label = gettext_lazy("Certificates")
    menu_order = 320
    add_to_admin_menu = True
    copy_view_enabled = False
    inspect_view_enabled = True
    inspect_view_class = CredentialInspectView
    inspect_view_fields = ["number", "kind", "course", "issued", "expires"]
    list_display = [
        "number",
        Column("shown", label=gettext_lazy("Holder"), sort_key="shown"),
        TitleOfColumn("title", label=gettext_lazy("Title")),
        StandingColumn("standing", label=gettext_lazy("Status")),
        DayColumn("issued", label=gettext_lazy("Issued on")),
        DayColumn("expires", label=gettext_lazy("Valid until")),
    ]
    list_filter = ["status", "kind", "course"]
    list_per_page = 50
    search_fields = ["number", "shown"]
    search_backend_name = None
    ordering = ["-created"]
    instance: CredentialViewSet

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        CredentialViewSet.instance = self

    def get_queryset(self, request: HttpRequest) -> QuerySet[Credential]:
        """Protected holders stand in the list, are found and put in order by their pseudonym."""
        hidden = When(protected=True, then=Value(_("protected")))
        return queries.for_strangers().annotate(shown=Case(hidden, default=Coalesce("pseudonym", "holder_name")))

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path("revoke/<uuid:pk>/", DecisionView.as_view(act="revoke"), name="revoke"),
            path("reissue/<uuid:pk>/", DecisionView.as_view(act="reissue"), name="reissue"),
        ]


@require_safe
def preview(request: HttpRequest, kind: str, language: str) -> HttpResponse:
    """A specimen with the texts, the mark and the signatories as they are saved."""
    if not is_administrator(request.user):
        raise PermissionDenied
    try:
        content = specimens.specimen(kind=kind, language=language)
    except Refused as refusal:
        raise Http404(refusal.sentence) from refusal
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{kind}-{language}.pdf"'
    response["Cache-Control"] = "no-store"
    return response


@hooks.register("register_admin_urls")
def admin_addresses() -> list[URLPattern]:
    """Addresses of the desk that no viewset has."""
    return [path("certificates/preview/<str:kind>/<str:language>/", preview, name="certificates-preview")]


register_snippet(CredentialViewSet)

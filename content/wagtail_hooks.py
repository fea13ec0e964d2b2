"""The authoring desk: bibliography, norms, glossary, figures, and the queue of reports."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.panels import FieldPanel, ObjectList
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.models import Page
from wagtail.permission_policies import BasePermissionPolicy
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views import chooser
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from content.forms import FILES, FigureForm, NormForm, ReportForm, SourceForm, TermForm, WordSearch
from content.models import ErrorReport, Figure, Norm, Source, Term
from people.access import is_administrator, is_author
from people.models import User


class AuthorsPolicy(BasePermissionPolicy):
    """Whoever may work in the desk may do `actions`; administrators may also do `reserved` ones; nobody else anything."""

    def __init__(self, model: Any, *, actions: set[str], reserved: set[str]) -> None:
        super().__init__(model)
        self.actions = actions
        self.reserved = reserved

    def user_has_permission(self, user: Any, action: str) -> bool:
        return (action in self.actions and is_author(user)) or (action in self.reserved and is_administrator(user))

    def users_with_any_permission(self, actions: Any) -> QuerySet[User]:
        people = get_user_model().objects
        if self.actions & set(actions):
            return people.with_perm("wagtailadmin.access_admin", backend="django.contrib.auth.backends.ModelBackend")
        return people.filter(is_superuser=True, is_active=True) if self.reserved & set(actions) else people.none()

    def users_with_any_permission_for_instance(self, actions: Any, instance: Any) -> QuerySet[User]:
        return self.users_with_any_permission(actions)

    def instances_user_has_any_permission_for(self, user: Any, actions: Any) -> QuerySet[Any]:
        rows = self.model._default_manager.all()
        return rows if self.user_has_any_permission(user, actions) else rows.none()


for _model in (Source, Norm, Term, Figure):
    register_permission_policy(
        _model, AuthorsPolicy(_model, actions={"add", "change", "view", "choose"}, reserved={"delete"})
    )
# Reports come from readers: nobody adds or deletes them here.
register_permission_policy(ErrorReport, AuthorsPolicy(ErrorReport, actions={"change", "view"}, reserved=set()))


def _form(names: tuple[str, ...], form: type, read_only: tuple[str, ...] = ()) -> ObjectList:
    panels = [FieldPanel(name, read_only=True) for name in read_only]
    return ObjectList([*panels, *(FieldPanel(name) for name in names)], base_form_class=form)


class ChooseView(chooser.ChooseView):
    filter_form_class = WordSearch


class ChooseResultsView(chooser.ChooseResultsView):
    filter_form_class = WordSearch


class SearchedChooser(chooser.SnippetChooserViewSet):
    """A chooser with a search box: there are a hundred sources."""

    choose_view_class = ChooseView
    choose_results_view_class = ChooseResultsView


class SourceViewSet(SnippetViewSet):
    model = Source
    chooser_viewset_class = SearchedChooser
    icon = "doc-full"
    menu_label = _("Sources")
    list_display = ["title", "author", "year", "kind"]
    list_filter = ["kind"]
    search_fields = ["slug", "title", "author", "year"]
    search_backend_name = None
    ordering = ["title"]
    edit_handler = _form(("slug", "title", "author", "year", "url", "kind", "checked", "checked_against"), SourceForm)


class NormViewSet(SnippetViewSet):
    model = Norm
    chooser_viewset_class = SearchedChooser
    icon = "list-ol"
    menu_label = _("Norms")
    list_display = ["__str__", "source", "slug"]
    list_filter = ["source"]
    search_fields = ["slug", "number"]
    search_backend_name = None
    ordering = ["position"]
    edit_handler = _form(("slug", "source", "number", "label", "position"), NormForm)


class TermViewSet(SnippetViewSet):
    model = Term
    chooser_viewset_class = SearchedChooser
    icon = "openquote"
    menu_label = _("Glossary")
    list_display = ["__str__", "source"]
    search_fields = ["slug"]
    search_backend_name = None
    ordering = ["slug"]
    edit_handler = _form(("term", "definition", "source"), TermForm)


class FigureViewSet(SnippetViewSet):
    model = Figure
    chooser_viewset_class = SearchedChooser
    icon = "image"
    menu_label = _("Figures")
    list_display = ["name", "owner", "tier"]
    list_filter = ["owner", "tier"]
    search_fields = ["name", "owner"]
    search_backend_name = None
    ordering = ["owner", "name"]
    edit_handler = _form(("name", "owner", "tier", *FILES), FigureForm)


class PageColumn(Column):
    """The page that a report is about."""

    def get_value(self, instance: ErrorReport) -> str:
        page = (
            Page.objects.filter(translation_key=instance.page_key, locale__language_code=instance.language).first()
            or Page.objects.filter(translation_key=instance.page_key).first()
        )
        return page.get_admin_display_title() if page else str(instance.page_key)


class ReportViewSet(SnippetViewSet):
    model = ErrorReport
    icon = "warning"
    menu_label = _("Reports of errors")
    list_display = ["text", PageColumn("page", label=_("Page")), "kind", "language", "status", DateColumn("created")]
    list_filter = ["status", "kind", "language", "owner"]
    ordering = ["-status", "created"]  # new before handled, the oldest first
    list_per_page = 30
    copy_view_enabled = False
    inspect_view_enabled = False
    add_to_admin_menu = True
    menu_order = 310
    edit_handler = _form(("answer",), ReportForm, read_only=("kind", "language", "text", "created", "status"))


class Reference(SnippetViewSetGroup):
    """What lessons point to."""

    menu_label = _("Reference")
    menu_icon = "folder-open-inverse"
    menu_order = 300
    items = (SourceViewSet, NormViewSet, TermViewSet, FigureViewSet)


register_snippet(Reference)
register_snippet(ReportViewSet)


# --- translations keep their words ----------------------------------------------------------------------------------

# The translation desk offers to turn a translated page into an alias of its source: at once, without a reviewer, the live
# English lesson would be French and its translation deleted.


def _refuse(request: HttpRequest, page_id: int) -> HttpResponse:
    raise PermissionDenied


@hooks.register("register_admin_urls", order=-1)
def no_aliases() -> list[URLPattern]:
    return [path("localize/page/<int:page_id>/convert_to_alias/", _refuse)]


@hooks.register("construct_page_action_menu")
def no_way_to_aliases(menu_items: list[Any], request: HttpRequest, context: dict[str, Any]) -> None:
    menu_items[:] = [item for item in menu_items if item.name != "localize-convert-to-alias"]


@hooks.register("insert_global_admin_css")
def no_button_for_aliases() -> str:
    return format_html('<link rel="stylesheet" href="{}">', static("content/desk.css"))

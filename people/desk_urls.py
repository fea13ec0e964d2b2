"""Addresses of the manager's desk, under /<lang>/manage/. A person's is a random key: it tells neither name nor number."""

from __future__ import annotations

from django.urls import URLPattern, path

from people.views import desk, desk_institutions, desk_person, desk_privacy, desk_roles

urlpatterns: list[URLPattern] = [
    path("", desk.home, name="manage"),
    path("people/", desk.people, name="manage-people"),
    path("people/export/", desk.export, name="manage-people-export"),
    path("people/new/", desk_person.new, name="manage-person-new"),
    path("people/<uuid:key>/", desk_person.person, name="manage-person"),
    path("people/<uuid:key>/results/", desk_person.results, name="manage-person-results"),
    path("people/<uuid:key>/name/", desk_person.name, name="manage-person-name"),
    path("people/<uuid:key>/edit/", desk_person.edit, name="manage-person-edit"),
    path("people/<uuid:key>/deactivate/", desk_person.deactivate, name="manage-person-deactivate"),
    path("people/<uuid:key>/reactivate/", desk_person.reactivate, name="manage-person-reactivate"),
    path("people/<uuid:key>/transfer/", desk_person.transfer, name="manage-person-transfer"),
    path("people/<uuid:key>/join/", desk_person.join, name="manage-person-join"),
    path("people/<uuid:key>/leave/<slug:code>/", desk_person.leave, name="manage-person-leave"),
    path("people/<uuid:key>/supervisor/", desk_person.supervisor, name="manage-person-supervisor"),
    path("people/<uuid:key>/roles/new/", desk_roles.grant, name="manage-role-new"),
    path("people/<uuid:key>/roles/<int:pk>/end/", desk_roles.end_role, name="manage-role-end"),
    path("people/<uuid:key>/professions/new/", desk_roles.add_audience, name="manage-audience-new"),
    path(
        "people/<uuid:key>/professions/<slug:slug>/confirm/",
        desk_roles.confirm_audience,
        name="manage-audience-confirm",
    ),
    path("people/<uuid:key>/professions/<slug:slug>/end/", desk_roles.end_audience, name="manage-audience-end"),
    path("people/<uuid:key>/clearance/", desk_roles.clearance, name="manage-clearance"),
    path("people/<uuid:key>/protection/", desk_roles.protection, name="manage-protection"),
    path("people/<uuid:key>/merge/<uuid:other>/", desk_privacy.merge, name="merge"),
    path("duplicates/", desk_privacy.duplicates, name="duplicates"),
    path("duplicates/<uuid:id>/undo/", desk_privacy.merge_undo, name="merge-undo"),
    path("erasures/", desk_privacy.erasures, name="erasures"),
    path("erasures/<uuid:id>/", desk_privacy.erasure, name="erasure"),
    path("erasures/<uuid:id>/withdraw/", desk_privacy.erasure_withdraw, name="erasure-withdraw"),
    path("institutions/", desk_institutions.tree, name="manage-institutions"),
    path("new-institution/", desk_institutions.new, name="manage-institution-new"),
    path("institutions/<slug:code>/", desk_institutions.institution, name="manage-institution"),
    path("institutions/<slug:code>/edit/", desk_institutions.edit, name="manage-institution-edit"),
    path("institutions/<slug:code>/move/", desk_institutions.move, name="manage-institution-move"),
    path("institutions/<slug:code>/close/", desk_institutions.close, name="manage-institution-close"),
    path("institutions/<slug:code>/reopen/", desk_institutions.reopen, name="manage-institution-reopen"),
]

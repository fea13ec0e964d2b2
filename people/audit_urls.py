"""Addresses of the audit trail, under /<lang>/manage/audit/."""

from __future__ import annotations

from django.urls import URLPattern, path

from people.views import audit

urlpatterns: list[URLPattern] = [
    path("", audit.trail, name="audit"),
    path("export/", audit.export, name="audit-export"),
    path("<int:pk>/", audit.entry, name="audit-entry"),
]

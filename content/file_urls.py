"""Addresses of files: the same in every language."""

from __future__ import annotations

from django.urls import path, re_path

from content import views

urlpatterns = [
    re_path(r"^f/(?P<digest>[0-9a-f]{64})\.(?P<extension>svg|png|jpg|webp)$", views.figure, name="figure"),
    path("<path:path>", views.media, name="media"),
]

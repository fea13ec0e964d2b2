"""Reference pages that join rooms."""

from __future__ import annotations

from django.urls import path

from lms.views import norms, programme

urlpatterns = [
    path("norms/<slug:slug>/", norms.norm, name="norm"),
    path("programme/", programme.programme, name="programme"),
]

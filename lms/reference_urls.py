"""Reference pages that join rooms."""

from __future__ import annotations

from django.urls import path, register_converter

from content.converters import NormConverter
from lms.views import norms, programme

register_converter(NormConverter, "norm")

urlpatterns = [
    path("norms/<norm:ref>/", norms.norm, name="norm"),
    path("programme/", programme.programme, name="programme"),
]

from __future__ import annotations

from django.urls import path

from content import reference

urlpatterns = [
    path("sources/", reference.sources, name="sources"),
    path("norms/", reference.norms, name="norms"),
    path("glossary/", reference.glossary, name="glossary"),
]

"""Addresses of observations, under /<lang>/. They name one by its random identifier."""

from __future__ import annotations

from django.urls import path

from workshops.views import observation

urlpatterns = [
    path("teach/workshops/<uuid:id>/observe/", observation.observe, name="observe"),
    path("teach/observations/<uuid:id>/", observation.fill_in, name="observation"),
    path("observations/<uuid:id>/", observation.mine, name="my-observation"),
]

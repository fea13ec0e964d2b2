"""Addresses without a language: those that stand on paper."""

from __future__ import annotations

from django.urls import path

from certificates import views

urlpatterns = [
    path("<str:number>", views.verify_redirect, name="verify-paper"),
    path("<str:number>/", views.verify_redirect, name="verify-paper-slash"),
]

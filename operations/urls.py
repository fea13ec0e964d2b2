"""Addresses of the inbox."""

from __future__ import annotations

from django.urls import URLPattern, path

from operations import views

urlpatterns: list[URLPattern] = [
    path("messages/", views.inbox, name="inbox"),
    path("messages/read/", views.read_all, name="messages-read"),
    path("messages/preferences/", views.preferences, name="message-preferences"),
    path("messages/<uuid:pk>/open/", views.open_message, name="message-open"),
    path("messages/<uuid:pk>/delete/", views.delete_message, name="message-delete"),
]

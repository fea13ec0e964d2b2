from __future__ import annotations

from django.urls import URLPattern, path

from people import views

urlpatterns: list[URLPattern] = [path("account/", views.account, name="account")]

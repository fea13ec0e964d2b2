from __future__ import annotations

from django.urls import URLPattern, path

from people import views
from people.views import discretion, entry, sessions

urlpatterns: list[URLPattern] = [
    path("account/", views.account, name="account"),
    path("account/sessions/", sessions.sessions, name="sessions"),
    path("account/word/", discretion.word, name="protection-word"),
    path("clear/", discretion.clear, name="clear"),
    path("account/codes/", entry.told, name="told"),
    path("account/codes/<uuid:id>/withdraw/", entry.withdraw_own_code, name="code-withdraw"),
    path("enter/", entry.enter, name="enter"),
    path("enter/password/", entry.enter_password, name="enter-password"),
    path("enter/<str:code>/", entry.enter, name="enter-code"),
    path("join/<str:code>/", entry.join, name="join"),
    path("signed-out/", entry.signed_out, name="signed-out"),
]

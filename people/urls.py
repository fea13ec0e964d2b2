from __future__ import annotations

from django.urls import URLPattern, path

from people import views
from people.views import discretion, entry, privacy, sessions

urlpatterns: list[URLPattern] = [
    path("account/", views.account, name="account"),
    path("account/sessions/", sessions.sessions, name="sessions"),
    path("account/word/", discretion.word, name="protection-word"),
    path("account/data/", privacy.my_data, name="my-data"),
    path("account/data/<uuid:id>/", privacy.my_data_file, name="my-data-file"),
    path("account/erase/", privacy.erase_account, name="erase-account"),
    path("account/erase/withdraw/", privacy.erase_withdraw, name="erase-withdraw"),
    path("clear/", discretion.clear, name="clear"),
    path("account/codes/", entry.told, name="told"),
    path("account/codes/<uuid:id>/withdraw/", entry.withdraw_own_code, name="code-withdraw"),
    path("enter/", entry.enter, name="enter"),
    path("enter/password/", entry.enter_password, name="enter-password"),
    path("enter/<str:code>/", entry.enter, name="enter-code"),
    path("join/<str:code>/", entry.join, name="join"),
    path("signed-out/", entry.signed_out, name="signed-out"),
]

"""Addresses of attendance, under /<lang>/. They name a workshop by its random identifier."""

from __future__ import annotations

from django.urls import path

from workshops.views import attendance, sheets

urlpatterns = [
    path("teach/workshops/<uuid:pk>/attendance/", attendance.attendance, name="attendance"),
    path("teach/workshops/<uuid:pk>/attendance/close/", attendance.close, name="attendance-close"),
    path("teach/workshops/<uuid:pk>/attendance/pages/", sheets.sheets, name="signed-pages"),
    path("teach/workshops/<uuid:pk>/attendance/pages/<int:sheet>/", sheets.sheet_file, name="signed-page"),
    path("teach/workshops/<uuid:pk>/attendance/<uuid:session>/", attendance.call, name="call"),
    path("teach/workshops/<uuid:pk>/attendance/<uuid:session>/code/", attendance.code, name="call-code"),
    path("teach/workshops/<uuid:pk>/attendance/<uuid:session>/sheet/", attendance.sheet, name="call-sheet"),
    path(
        "teach/workshops/<uuid:pk>/attendance/<uuid:session>/<uuid:registration>/",
        attendance.correct,
        name="attendance-correct",
    ),
    path("teach/workshops/<uuid:pk>/phone/", attendance.phone_list, name="phone-list"),
    path("teach/workshops/<uuid:pk>/phone/take/", attendance.phone_take, name="phone-take"),
    path("teach/phone/", attendance.phone, name="phone"),
    path("teach/phone/worker.js", attendance.phone_worker, name="phone-worker"),
    path("check-in/<str:token>/", attendance.check_in, name="check-in"),
]

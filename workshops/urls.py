"""Addresses of workshops: the desk of those who teach, under /<lang>/teach/workshops/, and a participant's own. They carry a
random id, never a subject."""

from __future__ import annotations

from django.urls import URLPattern, path

from workshops.views import feasts, imports, mine, papers, planning, registration, sessions

DESK = "teach/workshops/"

urlpatterns: list[URLPattern] = [
    path(DESK, planning.desk, name="workshops"),
    path(f"{DESK}new/", planning.new, name="workshop-new"),
    path(f"{DESK}feasts/", feasts.feasts, name="feasts"),
    path(f"{DESK}feasts/new/", feasts.new, name="feast-new"),
    path(f"{DESK}feasts/<int:pk>/", feasts.edit, name="feast-edit"),
    path(f"{DESK}feasts/<int:pk>/remove/", feasts.remove, name="feast-remove"),
    path(f"{DESK}calls/", registration.calls, name="workshop-calls"),
    path(f"{DESK}calls/<uuid:id>/", registration.propose, name="workshop-propose"),
    path(f"{DESK}calls/<uuid:id>/without-account/", registration.propose_name, name="workshop-propose-name"),
    path(f"{DESK}<uuid:id>/", planning.workshop, name="workshop"),
    path(f"{DESK}<uuid:id>/edit/", planning.edit, name="workshop-edit"),
    path(f"{DESK}<uuid:id>/announce/", planning.announce, name="workshop-announce"),
    path(f"{DESK}<uuid:id>/cancel/", planning.cancel, name="workshop-cancel"),
    path(f"{DESK}<uuid:id>/facilitators/new/", planning.facilitator, name="workshop-facilitator"),
    path(f"{DESK}<uuid:id>/facilitators/<int:pk>/", planning.facilitator_end, name="workshop-facilitator-end"),
    path(f"{DESK}<uuid:id>/agenda/", sessions.agenda, name="workshop-agenda"),
    path(f"{DESK}<uuid:id>/sessions/new/", sessions.new, name="session-new"),
    path(f"{DESK}sessions/<uuid:pk>/", sessions.edit, name="session-edit"),
    path(f"{DESK}sessions/<uuid:pk>/agenda/", sessions.lines, name="session-agenda"),
    path(f"{DESK}sessions/<uuid:pk>/remove/", sessions.remove, name="session-remove"),
    path(f"{DESK}<uuid:id>/people/", registration.people, name="workshop-people"),
    path(f"{DESK}<uuid:id>/people/new/", registration.new, name="workshop-person-new"),
    path(f"{DESK}<uuid:id>/people/import/", imports.take, name="workshop-import"),
    path(f"{DESK}<uuid:id>/quotas/", registration.quotas, name="workshop-quotas"),
    path(f"{DESK}<uuid:id>/counted/", registration.counted, name="workshop-counted"),
    path(f"{DESK}people/<uuid:pk>/decide/", registration.decide, name="registration-decide"),
    path(f"{DESK}people/<uuid:pk>/seat/", registration.seat, name="registration-seat"),
    path(f"{DESK}people/<uuid:pk>/replace/", registration.replace, name="registration-replace"),
    path(f"{DESK}people/<uuid:pk>/withdraw/", registration.withdraw, name="registration-withdraw"),
    path(f"{DESK}<uuid:id>/letters/", papers.letters, name="workshop-letters"),
    path(f"{DESK}<uuid:id>/letters/new/", papers.letter_new, name="letter-new"),
    path(f"{DESK}letters/<int:pk>/pdf/", papers.letter_pdf, name="letter-pdf"),
    path(f"{DESK}letters/<int:pk>/scan/", papers.letter_scan, name="letter-scan"),
    path(f"{DESK}letters/<int:pk>/signed/", papers.letter_signed, name="letter-signed"),
    path(f"{DESK}<uuid:id>/papers/", papers.pack, name="workshop-pack"),
    path(f"{DESK}<uuid:id>/papers/file/", papers.pack_file, name="workshop-pack-file"),
    # --- a participant's own
    path("workshops/", mine.mine, name="my-workshops"),
    path("workshops/<uuid:id>/", mine.one, name="my-workshop"),
    path("workshops/<uuid:id>/answer/", mine.answer, name="my-workshop-answer"),
    path("workshops/<uuid:id>/calendar/", mine.calendar, name="my-workshop-calendar"),
    path("workshops/<uuid:id>/register/", mine.register, name="my-workshop-register"),
]

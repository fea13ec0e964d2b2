from __future__ import annotations

from django.urls import path

from assessments import extra_views, grading_views, views, written_views

urlpatterns = [
    path("c/<code:code>/<ref:ref>/start/", views.start, name="start-attempt"),
    path("c/<code:code>/<ref:ref>/reread/", views.reread, name="reread"),
    path("attempts/<uuid:id>/", views.attempt, name="attempt"),
    path("attempts/<uuid:id>/answer/", views.answer, name="attempt-answer"),
    path("attempts/<uuid:id>/submit/", views.submit, name="attempt-submit"),
    path("attempts/<uuid:id>/result/", views.result, name="attempt-result"),
    # --- written work
    path("c/<code:code>/<ref:ref>/work/", written_views.work, name="work"),
    path("work/<uuid:id>/file/", written_views.work_file, name="work-file"),
    path("teach/grading/", grading_views.queue, name="grading-queue"),
    path("teach/grading/<uuid:id>/", grading_views.grading, name="grading"),
    path("teach/<uuid:id>/members/<uuid:member>/extra/<code:code>/", extra_views.extra, name="teach-extra"),
]

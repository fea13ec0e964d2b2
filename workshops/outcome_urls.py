"""Addresses of what comes after a workshop: report, outcomes, tests, evaluation, allowances. They name a workshop by its
random identifier."""

from __future__ import annotations

from django.urls import URLPattern, path

from workshops.views import outcomes, report, surveys

DESK = "teach/workshops/"

urlpatterns: list[URLPattern] = [
    path(f"{DESK}<uuid:id>/report/", report.report, name="workshop-report"),
    path(f"{DESK}<uuid:id>/report/file/", report.report_file, name="workshop-report-file"),
    path(f"{DESK}<uuid:id>/outcomes/", outcomes.outcomes, name="workshop-outcomes"),
    path(f"{DESK}<uuid:id>/outcomes/new/", outcomes.outcome_new, name="workshop-outcome-new"),
    path(f"{DESK}<uuid:id>/outcomes/<int:pk>/", outcomes.outcome_edit, name="workshop-outcome"),
    path(f"{DESK}<uuid:id>/survey/", surveys.survey_paper, name="workshop-survey"),
    path(f"{DESK}<uuid:id>/tests/pre/", outcomes.test_paper, {"moment": "pre"}, name="workshop-test-before"),
    path(f"{DESK}<uuid:id>/tests/post/", outcomes.test_paper, {"moment": "post"}, name="workshop-test-after"),
    path(f"{DESK}<uuid:id>/allowances/", outcomes.allowances, name="workshop-allowances"),
    path("workshops/<uuid:id>/survey/", surveys.survey, name="my-workshop-survey"),
    path("workshops/<uuid:id>/after/", surveys.after, {"form": "trainee"}, name="my-workshop-after"),
    path("workshops/<uuid:id>/after/team/", surveys.after, {"form": "supervisor"}, name="my-workshop-after-team"),
    path("workshops/<uuid:id>/test/before/", outcomes.test, {"moment": "pre"}, name="my-workshop-test-before"),
    path("workshops/<uuid:id>/test/after/", outcomes.test, {"moment": "post"}, name="my-workshop-test-after"),
]

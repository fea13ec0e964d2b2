"""The addresses of the site. Learners' pages are plain views; only editorial pages go through Wagtail's tree."""

from __future__ import annotations

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls

from certificates import entry_urls as certificate_entry
from lms.views import app, health, home, jobs, learn, style, upkeep

urlpatterns = [
    path("healthz", health.live, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("app.webmanifest", app.manifest, name="manifest"),
    path("accounts/", include("people.entry_urls")),
    path("files/", include("content.file_urls")),
    path("verify/", include(certificate_entry.verification)),
    path("", include(certificate_entry.urlpatterns)),
    path("authoring/", include(wagtailadmin_urls)),
    *i18n_patterns(
        path("", home.home, name="home"),
        path("language/", home.speak, name="speak"),
        path("learn/", learn.learn, name="learn"),
        path("style/", style.style, name="style"),
        path("jobs/", jobs.jobs, name="jobs"),
        path("jobs/<uuid:pk>/cancel/", jobs.cancel, name="job-cancel"),
        path("", include("courses.urls")),
        path("", include("assessments.urls")),
        path("", include("workshops.urls")),
        path("", include("certificates.urls")),
        path("", include("workshops.attendance_urls")),
        path("", include("workshops.observation_urls")),
        path("", include("workshops.outcome_urls")),
        path("", include("content.urls")),
        path("", include("programme.urls")),
        path("", include("lms.reference_urls")),
        path("", include("people.urls")),
        path("", include("operations.urls")),
        path("manage/status/", upkeep.show, name="status"),
        path("manage/status/bundle/", upkeep.bundle, name="support-bundle"),
        path("manage/status/sheet/", upkeep.recovery_sheet, name="recovery-sheet"),
        path("manage/audit/", include("people.audit_urls")),
        path("manage/", include("people.code_urls")),
        path("manage/", include("people.desk_urls")),
        path("", include(wagtail_urls)),
    ),
]

handler400 = "lms.views.errors.bad_request"
handler404 = "lms.views.errors.not_found"
handler500 = "lms.views.errors.server_error"

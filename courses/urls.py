from __future__ import annotations

from django.urls import path, register_converter

from courses import views
from courses.converters import CodeConverter, RefConverter

register_converter(CodeConverter, "code")
register_converter(RefConverter, "ref")

urlpatterns = [
    path("catalogue/", views.catalogue, name="catalogue"),
    path("notebook/", views.notebook, name="notebook"),
    path("notebook/export/", views.notebook_export, name="notebook-export"),
    path("notebook/<int:pk>/", views.notebook_edit, name="notebook-edit"),
    path("notebook/<int:pk>/delete/", views.notebook_delete, name="notebook-delete"),
    path("c/<code:code>/", views.course, name="course"),
    path("c/<code:code>/enrol/", views.enrol, name="enrol"),
    path("c/<code:code>/withdraw/", views.withdraw, name="withdraw"),
    path("c/<code:code>/print/", views.course_print, name="course-print"),
    path("c/<code:code>/<ref:ref>/", views.activity, name="activity"),
    path("c/<code:code>/<ref:ref>/complete/", views.complete, name="complete"),
    path("c/<code:code>/<ref:ref>/note/", views.note, name="note"),
    path("c/<code:code>/<ref:ref>/report/", views.report, name="report"),
]

from __future__ import annotations

from django.urls import path, register_converter

from courses import views
from courses.converters import CodeConverter, RefConverter
from courses.views import groups, teach, teach_members

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
    path("c/<code:code>/<ref:ref>/ask/", groups.lesson_ask, name="lesson-ask"),
    # --- cohorts, for their members
    path("group/join/<str:code>/", groups.group_join, name="group-join"),
    path("group/<uuid:id>/", groups.group, name="group"),
    path("group/<uuid:id>/leave/", groups.group_leave, name="group-leave"),
    # --- and for those who lead them
    path("teach/", teach.home, name="teach"),
    path("teach/new/", teach.new, name="teach-cohort-new"),
    path("teach/questions/<uuid:id>/", teach_members.question, name="teach-question"),
    path("teach/<uuid:id>/", teach.cohort, name="teach-cohort"),
    path("teach/<uuid:id>/remind/", teach.remind, name="teach-remind"),
    path("teach/<uuid:id>/register/", teach.register, name="teach-register"),
    path("teach/<uuid:id>/settings/", teach.settings, name="teach-settings"),
    path("teach/<uuid:id>/edit/", teach.edit, name="teach-cohort-edit"),
    path("teach/<uuid:id>/archive/", teach.archive, name="teach-cohort-archive"),
    path("teach/<uuid:id>/courses/new/", teach.course_new, name="teach-course-new"),
    path("teach/<uuid:id>/courses/<code:code>/due/", teach.course_due, name="teach-course-due"),
    path("teach/<uuid:id>/courses/<code:code>/remove/", teach.course_remove, name="teach-course-remove"),
    path("teach/<uuid:id>/instructors/new/", teach.instructor_new, name="teach-instructor-new"),
    path("teach/<uuid:id>/instructors/<int:pk>/end/", teach.instructor_end, name="teach-instructor-end"),
    path("teach/<uuid:id>/members/", teach_members.members, name="teach-members"),
    path("teach/<uuid:id>/members/<uuid:member>/", teach_members.member, name="teach-member"),
    path("teach/<uuid:id>/members/<uuid:member>/remove/", teach_members.member_remove, name="teach-member-remove"),
    path("teach/<uuid:id>/link/", teach_members.link, name="teach-link"),
    path("teach/<uuid:id>/announcements/", teach_members.announcements, name="teach-announcements"),
    path(
        "teach/<uuid:id>/announcements/<uuid:pk>/withdraw/",
        teach_members.announcement_withdraw,
        name="teach-announcement-withdraw",
    ),
    path("teach/<uuid:id>/questions/", teach_members.questions, name="teach-questions"),
]

"""Catalogue and learning: Course, pages, outline, enrolment, progress, notebook.

Tells others by `courses.signals`: enrolled, course_completed. Rooms above register their activity kinds in `courses.kinds`.
"""

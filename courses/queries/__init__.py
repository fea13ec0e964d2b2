"""What learners' screens read, each in a bounded number of SQL queries however many courses, lessons or enrolments
there are. Session and user (2) come on top of the numbers given.

One module per screen, and `shared` for what several of them read.
"""

from courses.queries.activity import (
    Access,
    Neighbours,
    activity_context,
    activity_text,
    lesson_texts,
    neighbours,
    notes_of,
    reading,
)
from courses.queries.catalogue import Card, Catalogue, Option, catalogue_for, matching_courses, words_of
from courses.queries.course import CourseScreen, Prerequisite, course_screen
from courses.queries.learning import Learning, LearningRow, my_learning
from courses.queries.notebook import NotebookCourse, NotePage, note_for, notebook_of
from courses.queries.shared import (
    ModuleLine,
    Standing,
    StepLine,
    best_text,
    current_outline,
    effective_outlines,
    listed,
    newest_enrolment,
    progress_by_enrolment,
    standing_of,
)

__all__ = [
    "Access",
    "Card",
    "Catalogue",
    "CourseScreen",
    "Learning",
    "LearningRow",
    "ModuleLine",
    "Neighbours",
    "NotePage",
    "NotebookCourse",
    "Option",
    "Prerequisite",
    "Standing",
    "StepLine",
    "activity_context",
    "activity_text",
    "best_text",
    "catalogue_for",
    "course_screen",
    "current_outline",
    "effective_outlines",
    "lesson_texts",
    "listed",
    "matching_courses",
    "my_learning",
    "neighbours",
    "newest_enrolment",
    "note_for",
    "notebook_of",
    "notes_of",
    "progress_by_enrolment",
    "reading",
    "standing_of",
    "words_of",
]

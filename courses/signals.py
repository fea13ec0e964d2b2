"""What courses tells the rooms above, inside the transaction in which it happened."""

from django.dispatch import Signal

enrolled = Signal()  # enrolment: Enrolment, just made
course_completed = Signal()  # enrolment: Enrolment, evidence: list[{"code", "statement", "facts"}]

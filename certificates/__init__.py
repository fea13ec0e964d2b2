"""Credentials: issued by rule with stored evidence, as a signed PDF, verified by strangers, revoked with a reason.

Listens to `courses.signals.course_completed` and `workshops.signals.attendance_closed`. Tells others by `certificates.signals`.
"""

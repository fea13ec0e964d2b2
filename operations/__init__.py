"""What every room needs done: background jobs (the row is the queue) and the audit trail.

Knows a person only as AUTH_USER_MODEL. Any room may record a change or ask for a job.
"""

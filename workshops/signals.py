"""What workshops tell the rooms above, inside the transaction in which it happened."""

from django.dispatch import Signal

# workshop: Workshop, registrations: list[Registration] whose attendance counts from now on, or has changed since,
# actor: User who closed it, or whose mark changed it
attendance_closed = Signal()

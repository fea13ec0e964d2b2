"""Screens of the room, one file a subject. Views parse, ask `people.access`, call services and render."""

from people.views.accounts import account

__all__ = ["account"]

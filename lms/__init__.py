"""The site itself: settings, addresses, base templates, design system, health, first run, loading of the curriculum.

Screens that join rooms (home, my learning, a norm's page) live here. Nothing imports this room.
"""

"""Screens that join rooms."""

"""Workshops: plan, designation and registration, attendance, tests and surveys of a group, observed delivery, report.

Owns what happens in a room of people. What it means for a course goes through the record (`attended`), and what somebody
earns by it is decided in `certificates`.
"""

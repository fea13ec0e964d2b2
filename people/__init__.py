"""People: accounts and who may see what (`access`). Institutions, roles and privacy grow here.

Tells others nothing yet; every room may ask `people.access`.
"""

"""Keeping the site alive: backups and their way back, self-check, status, logs, the bundle for whoever helps.

`archive` packs and unpacks; `backup` and `restore` use it; `selfcheck` says whether data are sound; `status` says it of
the whole site, in words; `jobs` does what must be done each night and each month. No personal data of its own, but an
archive holds everything.
"""

"""Reads shaped for screens, each in a bounded number of SQL queries."""

from people.queries.accounts import accounts_for_login, login_name_is_taken, staff_number_of

__all__ = ["accounts_for_login", "login_name_is_taken", "staff_number_of"]

"""Every write to accounts."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db import transaction

from people.models import User


@transaction.atomic
def change_details(*, user: User, first_name: str, last_name: str, email: str, language: str, sex: str = "") -> None:
    """Change what a person may change alone. An address given up no longer opens the account.

    Raises `django.db.IntegrityError` where the address belongs to somebody else.
    """
    user.first_name, user.last_name, user.email, user.language = first_name, last_name, email.lower(), language
    user.sex = sex
    user.save(update_fields=["first_name", "last_name", "email", "language", "sex"])
    EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()

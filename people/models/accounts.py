import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from operations.folding import fold

STAFF_NUMBER = RegexValidator(
    r"^[A-Z0-9][A-Z0-9/-]{1,31}$", _("A staff number has only capital letters, digits, hyphens and slashes.")
)


class Sex(models.TextChoices):
    FEMALE = "f", _("woman")
    MALE = "m", _("man")


class User(AbstractUser):
    """A person with an account.

    Personal data: name, e-mail, staff number. Kept while the account lives; the learning record knows only
    a pseudonym (`records.RecordKey`). E-mail and staff number are optional: many people have neither.
    """

    email = models.EmailField(_("e-mail address"), blank=True)
    staff_number = models.CharField(
        _("staff number"), max_length=32, unique=True, null=True, blank=True, validators=[STAFF_NUMBER]
    )
    language = models.CharField(_("preferred language"), max_length=8, blank=True)
    sex = models.CharField(_("sex"), max_length=1, blank=True, choices=Sex)  # optional; for figures only
    signed_out_at = models.DateTimeField(null=True, editable=False)  # sessions begun before no longer count
    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)  # in the desk's addresses, never in records
    folded = models.CharField(max_length=400, blank=True, editable=False)  # names and number, for search and order
    holds_roles = models.BooleanField(default=False, editable=False)  # a hint that spares pages a query (`signals`)
    alias = models.CharField(max_length=40, blank=True, editable=False)  # the pseudonym, while protected (`signals`)
    unread_messages = models.PositiveIntegerField(default=0, editable=False)  # written by `messages.count_unread`

    # What `people.access` has read for this request.
    _open_grants: Any
    _cleared: Any
    _audiences: Any

    class Meta(AbstractUser.Meta):
        constraints = [models.UniqueConstraint("email", condition=~models.Q(email=""), name="people_user_email_once")]

    @property
    def full_name(self) -> str:
        """First and last name, or nothing."""
        return super().get_full_name()

    def get_full_name(self) -> str:
        """What libraries show of the person without saying who looks (Wagtail's lists and histories): the pseudonym of
        a protected person. Our own screens ask `people.names`."""
        return self.alias or self.full_name

    @property
    def display_name(self) -> str:
        """The name as the person is greeted: full name, or the username."""
        return self.full_name or self.username

    @property
    def short_name(self) -> str:
        """First name and initial, for the header: « Awa D. »."""
        if self.first_name and self.last_name:
            return f"{self.first_name} {self.last_name[0]}."
        return self.display_name

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        self.folded = folded_names(self)
        if update_fields is not None and not {"first_name", "last_name", "staff_number"}.isdisjoint(update_fields):
            update_fields = {*update_fields, "folded"}
        super().save(*args, update_fields=update_fields, **kwargs)

    def clean(self) -> None:
        super().clean()
        self.email = self.email.lower()
        if self.staff_number is not None:
            self.staff_number = self.staff_number.strip().upper() or None


def folded_names(user: User) -> str:
    """Last name, first name and staff number as they are compared: without accents, capitals or special letters."""
    return fold(f"{user.last_name} {user.first_name} {user.staff_number or ''}")[:400]

from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

STAFF_NUMBER = RegexValidator(
    r"^[A-Z0-9][A-Z0-9/-]{1,31}$", _("A staff number has only capital letters, digits, hyphens and slashes.")
)


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

    class Meta(AbstractUser.Meta):
        constraints = [models.UniqueConstraint("email", condition=~models.Q(email=""), name="people_user_email_once")]

    @property
    def display_name(self) -> str:
        """The name as the person is greeted: full name, or the username."""
        return self.get_full_name() or self.username

    @property
    def short_name(self) -> str:
        """First name and initial, for the header: « Awa D. »."""
        if self.first_name and self.last_name:
            return f"{self.first_name} {self.last_name[0]}."
        return self.display_name

    def clean(self) -> None:
        super().clean()
        self.email = self.email.lower()
        if self.staff_number is not None:
            self.staff_number = self.staff_number.strip().upper() or None

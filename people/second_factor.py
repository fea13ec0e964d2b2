"""How allauth's second factors behave here: in our words, and with their secrets encrypted in the database."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.models import User


class MFAAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("This code is not right, or no longer. Type the newest one."),
        "cannot_delete_authenticator": gettext_lazy(
            "Your role asks for a second step at sign-in. Add another one before you remove this."
        ),
        "cannot_generate_recovery_codes": gettext_lazy("Set up an app or a passkey first."),
    }

    def get_totp_label(self, user: User) -> str:
        return user.username  # no e-mail address: an app may be looked into

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, object]:
        return {**super().get_public_key_credential_user_entity(user), "name": user.username}

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return _("Passkey %(number)d") % {"number": number}

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """The last one of somebody whose role asks for it stays until there is another."""
        if not settings.MFA_REQUIRED or authenticator.type == Authenticator.Type.RECOVERY_CODES:
            return True
        others = Authenticator.objects.filter(user_id=authenticator.user_id).exclude(pk=authenticator.pk)
        if others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
            return True
        return not authenticator.user.holds_roles

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode()).decode()


@lru_cache(maxsize=1)
def _box() -> MultiFernet:
    """Keys made from the site's secret, and from earlier ones that are still accepted."""
    secrets = [str(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    return MultiFernet(
        [
            Fernet(
                base64.urlsafe_b64encode(
                    hashlib.sha256(
                        b"people.second-factor" + (secret if isinstance(secret, bytes) else secret.encode())
                    ).digest()
                )
            )
            for secret in secrets
        ]
    )

"""Forms of the inbox."""

from __future__ import annotations

from datetime import time
from typing import Any

from django import forms
from django.utils.formats import time_format
from django.utils.translation import gettext_lazy as _

from operations.models import Mode, Preference

_MODES = [
    (Mode.NOW, _("At once")),
    (Mode.DAILY, _("Once a day, at eight")),
    (Mode.WEEKLY, _("Once a week, on Monday at eight")),
    (Mode.NONE, _("Never")),
]


def _hours() -> list[tuple[str, str]]:
    return [(f"{hour:02d}:00", time_format(time(hour))) for hour in range(24)]


class PreferenceForm(forms.Form):
    """When e-mails about messages come. Whole hours are enough for quiet ones."""

    mode = forms.ChoiceField(label=_("E-mails about new messages"), choices=_MODES, widget=forms.RadioSelect)
    quiet_from = forms.TypedChoiceField(label=_("No e-mail from"), choices=_hours, coerce=time.fromisoformat)
    quiet_to = forms.TypedChoiceField(label=_("Until"), choices=_hours, coerce=time.fromisoformat)

    def __init__(self, *args: Any, instance: Preference, **kwargs: Any) -> None:
        initial = {
            "mode": instance.mode,
            "quiet_from": instance.quiet_from.strftime("%H:00"),
            "quiet_to": instance.quiet_to.strftime("%H:00"),
        }
        super().__init__(*args, **{**kwargs, "initial": initial})

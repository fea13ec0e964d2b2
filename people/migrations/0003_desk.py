"""What the desk asks of accounts: a public key, names folded for search, and whether there is any role to ask for."""

import uuid

from django.db import migrations, models
from django.db.models import Q
from django.utils import timezone

from operations.folding import fold


def fill(apps, schema_editor):
    users = apps.get_model("people", "User")
    still = Q(role_grants__until__isnull=True, role_grants__isnull=False) | Q(
        role_grants__until__gt=timezone.localdate()
    )
    holders = set(users.objects.filter(still).values_list("pk", flat=True))
    for user in users.objects.iterator():
        user.key = uuid.uuid4()
        user.folded = fold(f"{user.last_name} {user.first_name} {user.staff_number or ''}")[:400]
        user.holds_roles = user.pk in holders
        user.save(update_fields=["key", "folded", "holds_roles"])


class Migration(migrations.Migration):
    dependencies = [("people", "0002_people_in_depth")]

    operations = [
        migrations.AddField(
            "user",
            "folded",
            models.CharField(blank=True, default="", editable=False, max_length=400),
            preserve_default=False,
        ),
        migrations.AddField("user", "holds_roles", models.BooleanField(default=False, editable=False)),
        migrations.AddField("user", "key", models.UUIDField(editable=False, null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField("user", "key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
    ]

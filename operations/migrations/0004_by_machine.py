"""Until now nobody was erased: whoever is not named is the machine."""

from django.db import migrations, models


def fill(apps, schema_editor):
    apps.get_model("operations", "AuditEntry").objects.filter(actor=None).update(by_machine=True)


class Migration(migrations.Migration):
    dependencies = [("operations", "0003_audit_and_messages")]

    operations = [
        migrations.AddField("auditentry", "by_machine", models.BooleanField(default=False)),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

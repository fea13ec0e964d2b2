from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('certificates', '0005_privacy'),
    ]

    operations = [
        migrations.AddField(
            model_name='credential',
            name='status_index',
            field=models.PositiveIntegerField(editable=False, null=True, unique=True),
        ),
    ]

# Now() is fixed for a whole statement, so PostgreSQL notes one value and touches no row.
# RandomUUID() is another value for every row, so PostgreSQL writes all of them anew.

import django.contrib.postgres.functions
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0001_initial"),
    ]

    operations = [
        # Bounds the wait for the lock; it does not bound how long the lock is held.
        migrations.RunSQL("SET LOCAL lock_timeout = '3s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="pageview",
            name="stored_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.AddField(
            model_name="pageview",
            name="visit",
            field=models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID()),
        ),
    ]

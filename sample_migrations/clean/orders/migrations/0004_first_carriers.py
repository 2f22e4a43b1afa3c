from django.db import migrations

NAMES = ["Parcel Express", "City Courier"]


def add_carriers(apps, schema_editor):
    Carrier = apps.get_model("orders", "Carrier")
    Carrier.objects.using(schema_editor.connection.alias).bulk_create(
        [Carrier(name=name) for name in NAMES], ignore_conflicts=True
    )


def remove_carriers(apps, schema_editor):
    Carrier = apps.get_model("orders", "Carrier")
    Carrier.objects.using(schema_editor.connection.alias).filter(name__in=NAMES).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0003_order_placed_at_index"),
    ]

    operations = [
        migrations.RunPython(add_carriers, remove_carriers),
    ]

from django.db import migrations

RATES = [
    ("DE", "standard", "19.00"),
    ("DE", "reduced", "7.00"),
    ("FR", "standard", "20.00"),
]


def add_rates(apps, schema_editor):
    TaxRate = apps.get_model("taxes", "TaxRate")
    TaxRate.objects.using(schema_editor.connection.alias).bulk_create(
        TaxRate(country=country, name=name, percent=percent) for country, name, percent in RATES
    )


class Migration(migrations.Migration):
    dependencies = [
        ("taxes", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(add_rates),
    ]

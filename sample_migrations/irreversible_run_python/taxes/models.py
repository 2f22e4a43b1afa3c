from django.db import models


class TaxRate(models.Model):
    country = models.CharField(max_length=2)
    name = models.CharField(max_length=40)
    percent = models.DecimalField(max_digits=4, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["country", "name"], name="taxes_taxrate_country_name"),
        ]

    def __str__(self):
        return f"{self.country} {self.name}"

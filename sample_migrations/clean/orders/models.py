from django.conf import settings
from django.db import models


class Order(models.Model):
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="orders")
    placed_at = models.DateTimeField(auto_now_add=True)
    channel = models.CharField(max_length=20, db_default="web")
    country = models.CharField(max_length=2, null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["placed_at"], name="orders_order_placed_at"),
        ]


class Carrier(models.Model):
    name = models.CharField(max_length=80, unique=True)

    def __str__(self):
        return self.name

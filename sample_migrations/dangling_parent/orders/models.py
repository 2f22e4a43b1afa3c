from django.db import models


class Order(models.Model):
    placed_at = models.DateTimeField(auto_now_add=True)
    reference = models.CharField(max_length=32, null=True, blank=True)

from django.db import models


class Product(models.Model):
    name = models.CharField(max_length=120)
    price = models.DecimalField(max_digits=8, decimal_places=2)

    def __str__(self):
        return self.name


class Order(models.Model):
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="orders")
    quantity = models.IntegerField(default=1)
    placed_at = models.DateTimeField(auto_now_add=True)
    gift_note = models.TextField(null=True, blank=True)
    shipped_at = models.DateTimeField(null=True, blank=True)

from django.db import models


class Warehouse(models.Model):
    name = models.CharField(max_length=80)

    def __str__(self):
        return self.name


class StockItem(models.Model):
    warehouse = models.ForeignKey(Warehouse, on_delete=models.CASCADE, related_name="items")
    sku = models.CharField(max_length=40)
    amount = models.IntegerField(default=0)

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models.functions import Now


class PageView(models.Model):
    path = models.CharField(max_length=500)
    seen_at = models.DateTimeField(auto_now_add=True)
    stored_at = models.DateTimeField(db_default=Now())
    visit = models.UUIDField(db_default=RandomUUID())

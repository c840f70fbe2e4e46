"""That a database holds a simulated district, and which one. One row, written before anything else, never taken away."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class SimulatedHouse(models.Model):
    """The mark. A database without it that holds an account is somebody's: nothing is simulated on it."""

    seed = models.BigIntegerField()
    begins_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(name="simulate_one_mark", condition=Q(id=1))]

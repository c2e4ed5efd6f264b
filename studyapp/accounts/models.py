from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A learner or instructor. A guest is a full account that only its session cookie can enter."""

    is_guest = models.BooleanField(default=False)

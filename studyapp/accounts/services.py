import secrets

from django.contrib.auth import login
from django.http import HttpRequest

from studyapp.accounts.models import User

SESSION_BACKEND = "django.contrib.auth.backends.ModelBackend"


def create_guest() -> User:
    """A new account without a password: only the session of the visitor it was made for enters it."""
    return User.objects.create_user(f"guest-{secrets.token_hex(8)}", is_guest=True)


def ensure_signed_in(*, request: HttpRequest) -> User:
    """The visitor's account; an anonymous visitor is signed in as a new guest first."""
    if request.user.is_authenticated:
        return request.user
    guest = create_guest()
    login(request, guest, backend=SESSION_BACKEND)
    return guest

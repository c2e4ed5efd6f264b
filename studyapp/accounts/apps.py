from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "studyapp.accounts"
    default_auto_field = "django.db.models.BigAutoField"

from django.urls import include, path

urlpatterns = [
    path("", include("studyapp.content.urls")),
    path("", include("studyapp.runs.urls")),
    path("accounts/", include("studyapp.accounts.urls")),
]

from django.urls import path

from studyapp.runs import views

urlpatterns = [
    path("lessons/<slug:slug>/", views.lesson, name="lesson"),
    path("runs/", views.runs, name="runs"),
    path("runs/recent/", views.recent_runs, name="recent_runs"),
    path("runs/<uuid:run_id>/", views.run, name="run"),
    path("runs/<uuid:run_id>/events.jsonl", views.run_events, name="run_events"),
    path("status/", views.status, name="status"),
    path("healthz", views.healthz, name="healthz"),
]

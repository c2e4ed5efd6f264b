from django.urls import path

from studyapp.content import views

urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("decks/<slug:deck_slug>/", views.deck, name="deck"),
    path("decks/<slug:deck_slug>/<slug:card_slug>/", views.card, name="card"),
]

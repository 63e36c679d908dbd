"""The markets' addresses, under /markets/."""

from django.urls import path

from markets import views

app_name = "markets"
urlpatterns = [
    path("", views.index, name="index"),
    path("strip/", views.strip_fragment, name="strip"),
    path("<str:symbol>/", views.instrument, name="instrument"),
]

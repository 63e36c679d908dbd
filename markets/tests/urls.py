"""The app's addresses alone, as the project mounts them."""

from django.urls import include, path

urlpatterns = [path("markets/", include("markets.urls"))]

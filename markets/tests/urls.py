"""The app's addresses and the desk, as the project mounts them."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("markets/", include("markets.urls")),
]

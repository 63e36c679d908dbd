"""Every address of the paper. docs/permissions.md has a row for each."""

from django.contrib import admin
from django.urls import path

urlpatterns = [
    path("admin/", admin.site.urls),
]

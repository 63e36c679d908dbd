"""The partner API's house rules: envelope, pages, errors, JSON. Apps bring the resources.

Apps know these by Django REST Framework's settings alone, so no app imports this package.
"""

"""What every resource of the partner API is built of, on Django REST Framework.

`resources` has the viewset, `envelope` the form of an answer, `pagination` the pages of a
list, `parameters` and `filters` what a request may ask, `schema` the OpenAPI description
of all that. The settings under `REST_FRAMEWORK` name them.
"""

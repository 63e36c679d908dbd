"""The edge: a page cache in front of Django, and the decorator that lets a view in.

`page_store`, `cached_response` and `cache_key` know neither Django nor a protocol;
`cache_asgi` answers requests; `listener` hears what a commit changed. See docs/edge.md.
"""

from newsroom.edge.decorators import public

__all__ = ["public"]

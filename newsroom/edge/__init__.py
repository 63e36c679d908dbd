"""The edge: a page cache in front of Django, and the mark that lets a view in.

`store`, `page` and `keys` know neither Django nor a protocol; `asgi` and `wsgi` are the
two doors; `listener` hears what a commit changed. See docs/edge.md.
"""

from newsroom.edge.decorators import public

__all__ = ["public"]

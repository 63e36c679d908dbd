"""The decorator `public`: a view's responses may be kept for everybody."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, NoReturn

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    QueryDict,
)
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse

from foundation.notifications import Tag
from newsroom.edge.cache_key import Policy, query_for

KNOWN = ("user", "auser", "session")  # attributes that tell who the reader is
ENVIRON_KEY = "newsroom.edge"  # of the environ: the `CacheConsent` of a render

View = Callable[..., HttpResponseBase]
Tags = Sequence[Tag] | Callable[..., Iterable[Tag]]


class NotPublic(RuntimeError):
    """A view decorated with `public` asked who the reader is."""


class CacheConsent:
    """Whether the view that answered a render is public; it is in the environ."""

    __slots__ = ("allowed",)

    def __init__(self) -> None:
        self.allowed = False


class ForbiddenAttribute:
    """In the place of the user or the session: raises `NotPublic` when it is used."""

    def __init__(self, what: str) -> None:
        object.__setattr__(self, "_what", what)

    def _refuse(self, *_: object) -> NoReturn:
        what = object.__getattribute__(self, "_what")
        raise NotPublic(f"a view marked public reads the reader's {what}")

    __getattr__ = __setattr__ = __getitem__ = __setitem__ = _refuse
    __iter__ = __contains__ = __bool__ = __len__ = __str__ = _refuse
    __eq__ = __call__ = _refuse
    __hash__ = object.__hash__


def public(
    *,
    tags: Tags = (),
    max_age: float = 60,
    params: Iterable[str] = (),
    minute: bool = False,
) -> Callable[[View], View]:
    """Let one answer of this view serve everybody, for up to `max_age` seconds.

    The view answers GET and HEAD alone, sees no parameter beside `params`, no cookie, no
    user and no session: asking for one raises `NotPublic`. `tags` (names, or a function of
    the view's arguments) say what the page shows; the view may add more in the response's
    `Surrogate-Key`. `minute=True` is for pages that show the time of day.
    """
    policy = Policy(max_age=max_age, params=frozenset(params), minute=minute)

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(
            request: HttpRequest,
            *args: Any,  # noqa: ANN401
            **kwargs: Any,  # noqa: ANN401
        ) -> HttpResponseBase:
            if request.method not in ("GET", "HEAD"):
                return HttpResponseNotAllowed(["GET", "HEAD"])
            with _anonymous(request, policy):
                try:
                    response = _rendered(view(request, *args, **kwargs))
                except Http404:
                    _allow(request)
                    raise
            if isinstance(response, HttpResponse):
                named = tags(request, *args, **kwargs) if callable(tags) else tags
                _tag(response, named)
                _allow(request)
            return response

        wrapped.edge_policy = policy  # type: ignore[attr-defined]
        return wrapped

    return decorate


@contextmanager
def _anonymous(request: HttpRequest, policy: Policy) -> Iterator[None]:
    query = query_for(policy, request.META.get("QUERY_STRING", ""))
    request.META["QUERY_STRING"] = query
    request.GET = QueryDict(query)
    request.COOKIES = {}
    before = {
        name: request.__dict__[name] for name in KNOWN if name in request.__dict__
    }
    for name in KNOWN:
        setattr(request, name, ForbiddenAttribute(name))
    try:
        yield
    finally:
        for name in KNOWN:
            delattr(request, name)
        for name, value in before.items():
            setattr(request, name, value)


def _rendered(response: HttpResponseBase) -> HttpResponseBase:
    if isinstance(response, SimpleTemplateResponse):
        return response.render()
    return response


def _tag(response: HttpResponse, tags: Iterable[Tag]) -> None:
    named = dict.fromkeys([*response.headers.get("Surrogate-Key", "").split(), *tags])
    if named:
        response.headers["Surrogate-Key"] = " ".join(named)


def _allow(request: HttpRequest) -> None:
    consent = request.META.get(ENVIRON_KEY)
    if isinstance(consent, CacheConsent):
        consent.allowed = True

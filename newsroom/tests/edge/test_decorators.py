"""The mark `public`: what a marked view cannot do."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpResponse
from django.template import Context, Template
from django.test import RequestFactory

from newsroom.edge import public
from newsroom.edge.decorators import ENVIRON_KEY, CacheConsent, NotPublic


@pytest.fixture
def request_():
    request = RequestFactory().get(
        "/?q=oil&utm=1", headers={"cookie": "session=secret"}
    )
    request.user, request.session = AnonymousUser(), {"seen": 1}
    request.META[ENVIRON_KEY] = CacheConsent()
    return request


def allowed(request):
    return request.META[ENVIRON_KEY].allowed


@pytest.mark.parametrize(
    "ask",
    [
        lambda request: request.user.is_authenticated,
        lambda request: request.user.pk,
        lambda request: bool(request.user),
        lambda request: str(request.user),
        lambda request: request.session["seen"],
        lambda request: request.session.get("seen"),
        lambda request: "seen" in request.session,
        lambda request: request.session.__setitem__("seen", 2),
        lambda request: Template("{{ request.user.username }}").render(
            Context({"request": request})
        ),
    ],
)
def test_a_public_view_that_asks_who_reads_is_stopped(request_, ask):
    with pytest.raises(NotPublic, match="reader's (user|session)"):
        public()(ask)(request_)
    assert not allowed(request_)


def test_a_public_view_sees_neither_cookies_nor_parameters_it_did_not_name(request_):
    seen = {}

    @public(params=["q"])
    def view(request):
        seen.update(cookies=request.COOKIES, get=dict(request.GET))
        seen["address"] = request.get_full_path()
        return HttpResponse()

    view(request_)
    assert seen == {"cookies": {}, "get": {"q": ["oil"]}, "address": "/?q=oil"}


def test_after_the_view_middleware_finds_user_and_session_as_before(request_):
    user, session = request_.user, request_.session
    public()(lambda request: HttpResponse())(request_)
    assert request_.user is user
    assert request_.session is session


def test_the_tags_of_the_mark_and_of_the_view_are_joined(request_):
    def view(request, slug):
        return HttpResponse(headers={"Surrogate-Key": "front wire"})

    marked = public(tags=lambda request, slug: ["wire", f"section:{slug}"])(view)
    response = marked(request_, "world")
    assert response["Surrogate-Key"] == "front wire section:world"
    assert allowed(request_)


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_a_public_view_only_shows(method):
    request = getattr(RequestFactory(), method)("/")
    assert public()(lambda request: HttpResponse())(request).status_code == 405


def test_a_missing_page_of_a_public_view_may_be_kept(request_):
    def view(request):
        raise Http404

    with pytest.raises(Http404):
        public()(view)(request_)
    assert allowed(request_)


def test_a_template_is_rendered_before_the_reader_is_known_again(request_):
    from django.template.response import TemplateResponse

    class Page(TemplateResponse):
        @property
        def rendered_content(self):
            return str(self._request.user)

    with pytest.raises(NotPublic):
        public()(lambda request: Page(request, "unused.html"))(request_)


def test_the_policy_can_be_read_off_the_view_through_other_decorators():
    from django.views.decorators.csrf import csrf_exempt

    view = csrf_exempt(public(max_age=5, params=["q"], minute=True)(HttpResponse))
    assert view.edge_policy.max_age == 5
    assert view.edge_policy.params == {"q"}
    assert view.edge_policy.minute

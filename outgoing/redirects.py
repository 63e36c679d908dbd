"""Where a redirect may lead. Every target is checked like an address somebody typed."""

from collections.abc import Collection
from dataclasses import dataclass, field

import httpx2

from outgoing import errors
from outgoing.response_reader import Hop

from .addresses import Destination, destination

_FOR_GOOD = {301, 308}


@dataclass(slots=True)
class Way:
    """The way from the URL that was asked for to the one that answers."""

    here: Destination
    allow: Collection[str]
    longest: int  # redirects
    chain: list[str] = field(default_factory=list)
    permanent_url: str = ""  # the end of the permanent redirects it began with
    _is_for_good: bool = True

    def __post_init__(self) -> None:
        self.chain.append(str(self.here.url))

    def follow(self, hop: Hop) -> None:
        """Go where a redirect points. Raises if that is no way to go."""
        location = hop.headers.get("location", "")
        if not location:
            raise errors.BadRedirect(
                f"{self.here.host} redirects without saying where to.",
                status=hop.status,
            )
        there = self._target(location)
        url = str(there.url)
        if url in self.chain:
            raise errors.RedirectLoop(
                f"{self.here.host} redirects in a circle.", status=hop.status
            )
        if len(self.chain) > self.longest:
            raise errors.RedirectLoop(
                f"{self.here.host} redirects more than {self.longest} times.",
                status=hop.status,
            )
        self._is_for_good = self._is_for_good and hop.status in _FOR_GOOD
        if self._is_for_good:
            self.permanent_url = url
        self.chain.append(url)
        self.here = there

    def _target(self, location: str) -> Destination:
        here = self.here
        try:
            url = here.url.join(location).copy_with(fragment=None)
            there = destination(url, allow=self.allow)
        except (errors.BadAddress, httpx2.InvalidURL, ValueError) as error:
            raise errors.BadRedirect(
                f"{here.host} redirects to an address that is not fetched."
            ) from error
        if there.allowed and not here.allowed:
            raise errors.RefusedAddress(
                f"{here.host} redirects to {there.authority}, inside our own network."
            )
        if here.is_secure and not there.is_secure:
            raise errors.BadRedirect(f"{here.host} redirects from https back to http.")
        return there

"""The application over a paper of one view, as a module a server can be given."""

from concurrent.futures import ThreadPoolExecutor

from newsroom.edge.asgi_app import AsgiApplication
from newsroom.edge.client_address import Addresses
from newsroom.edge.connection_limit import (
    Connections,
    files,
    most_connections,
    most_live,
)
from newsroom.edge.wsgi_bridge import threaded
from newsroom.live.stream import Stream
from newsroom.tests.edge.kit import make_house
from newsroom.tests.live.test_hub import World


class NoListener:
    listening = True

    def start(self):
        pass

    def stop(self):
        pass


house, world = make_house(body="page " * 2000), World()
threads = ThreadPoolExecutor(4)
world.hub.most = most_live(files(), 5000)
stream = Stream(world.hub, address_of=Addresses(), per_address=100)
most = most_connections(files())
application = AsgiApplication(
    house.page_cache,
    threaded(house.paper, threads),
    threads=threads,
    hub=world.hub,
    make_listener=lambda notify: NoListener(),
    endpoints={"/live/": stream.live, "/live/poll": stream.poll},
    connections=Connections(most, per_address=most // 2),
)

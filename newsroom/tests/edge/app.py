"""A shell over a paper of one view, as a module a server can be given."""

from concurrent.futures import ThreadPoolExecutor

from newsroom.edge.asgi_app import Shell
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
application = Shell(
    house.gate,
    threaded(house.paper, threads),
    threads=threads,
    listener=lambda ring: NoListener(),
    ring=world.hub.ring,
    run=world.hub.run,
    close=world.hub.close,
    own={"/live/": stream.live, "/live/poll": stream.poll},
    connections=Connections(most, per_address=most // 2),
)

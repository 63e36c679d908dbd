"""A shell over a paper of one view, as a module a server can be given."""

from concurrent.futures import ThreadPoolExecutor

from newsroom.edge.shell import Shell
from newsroom.edge.threads import threaded
from newsroom.live.stream import Stream
from newsroom.tests.edge_kit import make_house
from newsroom.tests.test_live_hub import World


class NoListener:
    listening = True

    def start(self):
        pass

    def stop(self):
        pass


house, world = make_house(body="page " * 2000), World()
threads = ThreadPoolExecutor(4)
application = Shell(
    house.gate,
    threaded(house.paper, threads),
    threads=threads,
    listener=lambda ring: NoListener(),
    ring=world.hub.ring,
    run=world.hub.run,
    close=world.hub.close,
    own={"/live/": Stream(world.hub).live},
)

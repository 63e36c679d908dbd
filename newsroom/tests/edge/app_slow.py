"""The same shell, with a desk that takes a second."""

import time

from newsroom.tests.edge.app import application, house


def work(environ):
    if environ["PATH_INFO"].endswith("slow"):
        time.sleep(1)
        return "slow, but whole"
    return None


house.paper.work = work

__all__ = ["application"]

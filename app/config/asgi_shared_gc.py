"""The entry point of asgi_shared, with the garbage collector kept from stopping the event loop.

A full collection looks at every object there is, and nothing else runs meanwhile: with ten
thousand requests in flight, for up to a second. Here the objects of start-up are frozen, so that
no collection looks at them again, and collections of the rest begin less often, as people do in
production. Memory held by reference cycles is given back later.

Source: gc.freeze and gc.set_threshold, https://docs.python.org/3/library/gc.html
"""

import gc

from config.asgi_shared import application

__all__ = ["application"]

# Every 10,000 new objects, not 700, the young are looked at, at every fifth time with those that
# outlived the last: 50,000 objects, which takes a tenth of a second. Full collections, which take
# as long as there are objects, come a hundred times less often than by default.
THRESHOLDS = (10_000, 5, 1_000)

gc.collect()
gc.freeze()
gc.set_threshold(*THRESHOLDS)

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

# More new objects than those of a thousand requests, instead of the default 700; and 100, not
# 10, collections of the middle generation before a full one.
THRESHOLDS = (50_000, 10, 100)

gc.collect()
gc.freeze()
gc.set_threshold(*THRESHOLDS)

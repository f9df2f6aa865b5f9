"""Gunicorn's own ASGI worker, with the listen queue that --backlog asks for.

Up to 27.0.1 asyncio listens again on the sockets of the worker, and its default of 100 replaces
what Gunicorn has set.
Source: https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.loop.create_server
"""

from functools import partial

from gunicorn.workers.gasgi import ASGIWorker


class Worker(ASGIWorker):
    """Serve as `--worker-class=asgi` does: `--worker-class=config.gunicorn_asgi.Worker`."""

    async def _serve(self) -> None:
        listen = partial(self.loop.create_server, backlog=self.cfg.backlog)
        self.loop.create_server = listen
        await super()._serve()

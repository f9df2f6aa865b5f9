"""The plug-in that measures whatever Locust runs: `locust -f _instrument.py,FILE,_staircase.py`.

It comes before the locustfile, which so gets what is instrumented whatever it imports. Sessions,
sleeps and the lives of users are hooked at Locust's own classes: the books (`_books.py`) hold for
any user class, and the corrections of connections (`_connection.py`) for every FastHttpUser.
"""

from typing import Any

from locust import events
from locust.env import Environment

import _connection
import _headers
import _sessions
import _texts
import _users
from _books import books


@events.init.add_listener
def _know_the_run(environment: Environment, **_: Any) -> None:
    """Note which server is under test, and from where it is asked."""
    options = environment.parsed_options
    if environment.host:
        books.server = _connection.address(environment.host)
    if options is None:
        return
    _headers.fix(options.header)
    if options.sources > 1:
        _connection.sources.append(_connection.loopback(options.sources))


_connection.correct()
_headers.account()
_sessions.account()
_users.account()
_texts.shorten_log()

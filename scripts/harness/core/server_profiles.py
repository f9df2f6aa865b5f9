"""The servers: what the suite knows of each, in one table. Pure.

To add a server, add a profile: nothing else asks for a server's name. Facts are from
the sources of Gunicorn 27.0.1, Uvicorn 0.54.0, Hypercorn 0.18.0, Granian 2.8.7, Daphne 4.2.3,
uWSGI 2.0.30 and waitress 3.0.2; listen queues and exit statuses were seen when they ran.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a server takes one setting from: flags, its configuration file, variables.

    `part` is the pattern of the number where it is only part of a flag's value. `default` holds
    where nothing sets it; it is None where that is no number, or follows from other settings.
    """

    flags: tuple[str, ...]
    key: str | None = None
    variables: tuple[str, ...] = ()
    part: str | None = None
    default: str | None = None
    form: str = "{flag}={value}"

    def spelling(self, value: int | str) -> str:
        """Return the words that set it on a command line."""
        return self.form.format(flag=self.flags[-1], value=value)


@dataclass(frozen=True, slots=True)
class Choice:
    """A setting whose value decides which packages serve besides the server's own.

    A value with a dot names a class: the package of its module serves too.
    """

    setting: Setting
    packages: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Profile:
    """One server.

    `programs` are the names of its executables, `module` is its name for `python -m`.
    `packages` are the distributions whose versions belong to the facts of a run.
    `keep_alive_s` is how long an idle connection is kept; 0 is not at all.
    `lifetime` ends a worker after so many requests; 0 is never.
    `variables` change how it runs; one that ends with _ stands for all that begin like it.
    `extras` are the packages without which a flag does not work, whatever its value.
    `clean_exits` are the statuses with which it ends after SIGTERM, as subprocess counts them.
    `opaque` are the flags and the suffixes of files that may set anything and are not read here.
    `arguments` is the variable that holds more words of the command line.
    `file` is the setting that names the Python file of its settings. `keep_alive` and `connections`
    set how long an idle connection is kept, and how many a worker has. `fullest` is how many times
    its even part of the connections the fullest of several workers may hold.
    """

    name: str
    programs: tuple[str, ...]
    module: str | None
    packages: tuple[str, ...]
    workers: Setting | None
    threads: Setting | None
    backlog: Setting
    keep_alive_s: float
    variables: tuple[str, ...] = ()
    clean_exits: tuple[int, ...] = (0,)
    choices: tuple[Choice, ...] = ()
    extras: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    opaque: tuple[str, ...] = ()
    arguments: str | None = None
    file: Setting | None = None
    lifetime: Setting | None = None
    keep_alive: Setting | None = None
    connections: Setting | None = None
    # Whoever wakes takes what waits: of 20,000 connections one of eight workers of Uvicorn had 1.97
    # times its part.
    fullest: float = 2.0


UVICORN_PACKAGES = ("uvicorn", "uvloop", "httptools")

# The process ended by SIGTERM; 143 is how a shell or a container reports that.
BY_SIGTERM = (-15, 143)

WORKER_CLASS = Setting(flags=("-k", "--worker-class"), key="worker_class", default="sync")
"""Gunicorn's: how a worker works on several requests at a time."""

GUNICORN = Profile(
    name="gunicorn",
    programs=("gunicorn",),
    module="gunicorn",
    packages=("gunicorn",),
    workers=Setting(
        flags=("-w", "--workers"), key="workers", variables=("WEB_CONCURRENCY",), default="1"
    ),
    threads=Setting(flags=("--threads",), key="threads", default="1"),
    backlog=Setting(flags=("--backlog",), key="backlog", default="2048"),
    keep_alive_s=2,
    variables=("GUNICORN_", "WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS", "SENDFILE"),
    choices=(
        Choice(
            WORKER_CLASS,
            {
                "gevent": ("gevent",),
                "gevent_wsgi": ("gevent",),
                "gevent_pywsgi": ("gevent",),
                "tornado": ("tornado",),
                "asgi": ("uvloop",),
                "uvicorn_worker.UvicornWorker": UVICORN_PACKAGES,
                "uvicorn_worker.UvicornH11Worker": ("uvicorn", "h11"),
                "uvicorn.workers.UvicornWorker": UVICORN_PACKAGES,
                "uvicorn.workers.UvicornH11Worker": ("uvicorn", "h11"),
            },
        ),
        Choice(
            Setting(flags=("--http-parser",), key="http_parser", default="auto"),
            {"auto": ("gunicorn-h1c",), "fast": ("gunicorn-h1c",)},
        ),
        Choice(
            Setting(flags=("--http-protocols",), key="http_protocols", default="h1"),
            {"h2": ("h2",)},
        ),
    ),
    arguments="GUNICORN_CMD_ARGS",
    file=Setting(flags=("-c", "--config"), default="gunicorn.conf.py"),
    lifetime=Setting(flags=("--max-requests",), key="max_requests", default="0"),
    keep_alive=Setting(flags=("--keep-alive",), key="keepalive", default="2"),
    connections=Setting(flags=("--worker-connections",), key="worker_connections", default="1000"),
)

UVICORN = Profile(
    name="uvicorn",
    programs=("uvicorn",),
    module="uvicorn",
    packages=UVICORN_PACKAGES,
    workers=Setting(
        flags=("--workers",), variables=("UVICORN_WORKERS", "WEB_CONCURRENCY"), default="1"
    ),
    threads=None,
    backlog=Setting(flags=("--backlog",), variables=("UVICORN_BACKLOG",), default="2048"),
    keep_alive_s=5,
    variables=("UVICORN_", "WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS"),
    # A lone process raises the signal anew once it has stopped; a master of several ends with 0.
    clean_exits=(0, *BY_SIGTERM),
    choices=(
        Choice(
            Setting(flags=("--http",), variables=("UVICORN_HTTP",), default="auto"),
            {"auto": ("h11",), "h11": ("h11",)},
        ),
    ),
    opaque=("--env-file",),
    lifetime=Setting(
        flags=("--limit-max-requests",), variables=("UVICORN_LIMIT_MAX_REQUESTS",), default="0"
    ),
    keep_alive=Setting(
        flags=("--timeout-keep-alive",), variables=("UVICORN_TIMEOUT_KEEP_ALIVE",), default="5"
    ),
)

# By a hash of both addresses: of 20,000 connections the fullest of six had 3% more than its part.
UVICORN_SOCKETS = replace(
    UVICORN,
    name="uvicorn with a socket for each worker",
    programs=("uvicorn_sockets.py",),
    module=None,
    fullest=1.1,
)

HYPERCORN = Profile(
    name="hypercorn",
    programs=("hypercorn",),
    module="hypercorn",
    packages=("hypercorn", "h11", "h2"),
    workers=Setting(flags=("-w", "--workers"), default="1"),
    threads=None,
    backlog=Setting(flags=("--backlog",), default="100"),
    keep_alive_s=5,
    choices=(
        Choice(
            Setting(flags=("-k", "--worker-class"), default="asyncio"),
            {"uvloop": ("uvloop",), "trio": ("trio",)},
        ),
    ),
    extras={"--quic-bind": ("aioquic",)},
    opaque=("-c", "--config"),
    lifetime=Setting(flags=("--max-requests",), default="0"),
)

GRANIAN = Profile(
    name="granian",
    programs=("granian",),
    module="granian",
    packages=("granian",),
    workers=Setting(flags=("--workers",), variables=("GRANIAN_WORKERS",), default="1"),
    # The default is half of its backpressure, which follows from backlog and workers.
    threads=Setting(flags=("--blocking-threads",), variables=("GRANIAN_BLOCKING_THREADS",)),
    backlog=Setting(flags=("--backlog",), variables=("GRANIAN_BACKLOG",), default="1024"),
    # An idle connection is one whose next headers do not come (--http1-header-read-timeout).
    keep_alive_s=30,
    variables=("GRANIAN_",),
    choices=(
        Choice(
            Setting(flags=("--loop",), variables=("GRANIAN_LOOP",), default="auto"),
            {"auto": ("rloop", "uvloop"), "rloop": ("rloop",), "uvloop": ("uvloop",)},
        ),
    ),
    opaque=("--env-files",),
)

DAPHNE = Profile(
    name="daphne",
    programs=("daphne",),
    module="daphne",
    packages=("daphne", "twisted", "autobahn"),
    workers=None,
    # Those of the loop's own executor; Python decides how many by default.
    threads=Setting(flags=(), variables=("ASGI_THREADS",)),
    backlog=Setting(
        flags=("-e", "--endpoint"),
        part=r"\bbacklog=(\d+)",
        default="50",
        form="{flag}=tcp:{{port}}:interface={{host}}:backlog={value}",
    ),
    # It leaves that to Twisted.
    keep_alive_s=60,
    variables=("ASGI_THREADS",),
)

UWSGI = Profile(
    name="uwsgi",
    programs=("uwsgi", "pyuwsgi"),
    module=None,
    packages=("uwsgi", "pyuwsgi"),
    workers=Setting(
        flags=("-p", "--workers", "--processes"),
        variables=("UWSGI_PROCESSES", "UWSGI_WORKERS"),
        default="1",
    ),
    threads=Setting(flags=("--threads",), variables=("UWSGI_THREADS",), default="1"),
    backlog=Setting(flags=("-l", "--listen"), variables=("UWSGI_LISTEN",), default="100"),
    keep_alive_s=0,
    variables=("UWSGI_",),
    # Without a master it ends with 30, UWSGI_END_CODE; both only with --die-on-term.
    clean_exits=(0, 30),
    opaque=(".ini", ".xml", ".yaml", ".yml", ".json"),
    lifetime=Setting(
        flags=("-R", "--max-requests"), variables=("UWSGI_MAX_REQUESTS",), default="0"
    ),
)

WAITRESS = Profile(
    name="waitress",
    programs=("waitress-serve",),
    module="waitress",
    packages=("waitress",),
    workers=None,
    threads=Setting(flags=("--threads",), default="4"),
    backlog=Setting(flags=("--backlog",), default="1024"),
    keep_alive_s=120,
    # It does not handle SIGTERM.
    clean_exits=BY_SIGTERM,
)

PROFILES = (GUNICORN, UVICORN, UVICORN_SOCKETS, HYPERCORN, GRANIAN, DAPHNE, UWSGI, WAITRESS)

VARIABLES = tuple(dict.fromkeys(name for each in PROFILES for name in each.variables))
"""The variables that change how a server runs: names, and prefixes that end with _."""

PACKAGES = frozenset(
    name
    for profile in PROFILES
    for packages in (
        profile.packages,
        *(each for choice in profile.choices for each in choice.packages.values()),
        *profile.extras.values(),
    )
    for name in packages
)
"""All distributions that some server uses."""

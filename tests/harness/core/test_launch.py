"""How a deployment launches its server is read from its command, its variables and its file."""

from collections.abc import Mapping

import pytest

from harness.core.errors import BenchError
from harness.core.launch import Launch, program
from harness.core.server_profiles import WORKER_CLASS, Setting


def launch(
    words: str, variables: Mapping[str, str] | None = None, settings: str | None = None
) -> Launch:
    """Read a command line, its variables and the text of its file of settings."""
    return Launch(program(words.split()), variables or {}, settings)


@pytest.mark.parametrize(
    ("words", "server"),
    [
        ("{python} -m gunicorn app:wsgi", "gunicorn"),
        ("{python} -mgunicorn app:wsgi", "gunicorn"),
        ("python3.12 -X dev -O -W error -m uvicorn app:asgi", "uvicorn"),
        ("/srv/venv/bin/python -m uvicorn.main app:asgi", "uvicorn"),
        ("{python} /srv/venv/bin/hypercorn app:asgi", "hypercorn"),
        ("/srv/venv/bin/granian app:asgi", "granian"),
        ("daphne app:asgi", "daphne"),
        ("pyuwsgi --module app:wsgi", "uwsgi"),
        ("waitress-serve app:wsgi", "waitress"),
        ("{python} -m waitress app:wsgi", "waitress"),
    ],
)
def test_a_server_is_recognised_by_its_executable_or_its_module(words: str, server: str) -> None:
    """Whatever the path, the interpreter and its options are."""
    profile = launch(words).profile
    assert profile is not None
    assert profile.name == server


@pytest.mark.parametrize(
    "words",
    [
        "{python} -m gunicornish app:wsgi",
        "{python} server.py gunicorn",
        "{python} -m",
        "{python}",
        "taskset -c 0 gunicorn app:wsgi",
    ],
)
def test_nothing_is_read_of_any_other_server(words: str) -> None:
    """Neither workers nor a listen queue nor how it ends, though its words look like some."""
    unknown = launch(f"{words} --workers=4 --threads=4 --backlog=64")
    assert unknown.profile is None
    assert (unknown.workers, unknown.threads, unknown.backlog) == (None, None, None)
    assert unknown.ends_cleanly(0) is None
    assert unknown.packages == ()
    assert unknown.with_one_worker() == (
        *words.split(),
        "--workers=4",
        "--threads=4",
        "--backlog=64",
    )


@pytest.mark.parametrize(
    ("words", "workers"),
    [
        ("gunicorn -w 4", 4),
        ("gunicorn -w4", 4),
        ("gunicorn -w=4", 4),
        ("gunicorn --workers 4", 4),
        ("gunicorn --workers=4", 4),
        ("gunicorn --workers=2 -w 4", 4),
        ("gunicorn --worker-connections=7 --threads=3", 1),
        ("gunicorn --workers={port}", None),
        ("uvicorn --workers 4", 4),
        ("uvicorn", 1),
        ("hypercorn -w4", 4),
        ("granian --workers=4", 4),
        ("uwsgi --processes 4", 4),
        ("uwsgi --processes=4", 4),
        ("uwsgi --workers=3 -p 4", 4),
        ("uwsgi -p4", 4),
        ("daphne", None),
        ("waitress-serve", None),
    ],
)
def test_workers_are_read_in_every_spelling(words: str, workers: int | None) -> None:
    """The last one counts; where none is written, the server's own default."""
    assert launch(words).workers == workers


@pytest.mark.parametrize(
    ("words", "variables", "workers"),
    [
        ("gunicorn", {"WEB_CONCURRENCY": "4"}, 4),
        ("gunicorn -w 2", {"WEB_CONCURRENCY": "4"}, 2),
        ("gunicorn", {"GUNICORN_CMD_ARGS": "--threads=9 --workers=3", "WEB_CONCURRENCY": "4"}, 3),
        ("gunicorn -w2", {"GUNICORN_CMD_ARGS": "-w 3"}, 2),
        ("uvicorn", {"WEB_CONCURRENCY": "4"}, 4),
        ("uvicorn", {"UVICORN_WORKERS": "3", "WEB_CONCURRENCY": "4"}, 3),
        ("granian", {"GRANIAN_WORKERS": "3", "WEB_CONCURRENCY": "4"}, 3),
        ("hypercorn", {"WEB_CONCURRENCY": "4"}, 1),
        ("uwsgi", {"UWSGI_PROCESSES": "4"}, 4),
        ("uwsgi -p 2", {"UWSGI_PROCESSES": "4"}, 2),
    ],
)
def test_the_command_line_is_stronger_than_variables(
    words: str, variables: dict[str, str], workers: int
) -> None:
    """As each server has it: Hypercorn and Granian do not ask for WEB_CONCURRENCY."""
    assert launch(words, variables).workers == workers


@pytest.mark.parametrize(
    ("settings", "workers"),
    [
        ("workers = 4", 4),
        ("import os\nbind = '0'\nworkers = 2\nworkers = 4\nthreads = workers", 4),
        ("threads = 4", 8),
        ("import multiprocessing\nworkers = multiprocessing.cpu_count()", None),
        ("workers = 2 * 2", None),
        ("workers = 2\nif debug:\n    workers = 4", None),
        ("workers = 2\nworkers += 2", None),
        ("from defaults import *", None),
        ("from defaults import count as workers", None),
        ("workers = = 4", None),
    ],
)
def test_gunicorns_file_is_read_without_running_it(settings: str, workers: int | None) -> None:
    """A literal counts; what only running the file tells is unknown. The variable, 8, is weaker."""
    assert launch("gunicorn", {"WEB_CONCURRENCY": "8"}, settings).workers == workers
    assert launch("gunicorn -w 3", {}, settings).workers == 3


def test_gunicorns_file_is_named_by_the_command_or_is_the_default() -> None:
    """A module is no file; what cannot be read may say anything."""
    assert launch("gunicorn").settings_file == "gunicorn.conf.py"
    assert launch("gunicorn -c deploy.py").settings_file == "deploy.py"
    assert launch("gunicorn --config=file:deploy.py").settings_file == "deploy.py"
    by_variable = {"GUNICORN_CMD_ARGS": "-c other.py"}
    assert launch("gunicorn", by_variable).settings_file == "other.py"
    assert launch("gunicorn -c deploy.py", by_variable).settings_file == "deploy.py"
    assert launch("uvicorn").settings_file is None
    assert launch("gunicorn -c python:deploy").workers is None
    assert launch("gunicorn").workers == 1


@pytest.mark.parametrize(
    "words",
    [
        "hypercorn -c settings.toml",
        "hypercorn --config=settings.toml",
        "uvicorn --env-file=.env",
        "granian --env-files .env",
        "uwsgi site.ini",
        "uwsgi --yaml=site.yaml",
    ],
)
def test_a_file_that_is_not_read_may_say_anything(words: str) -> None:
    """So what the command leaves open is unknown."""
    assert (launch(words).workers, launch(words).backlog) == (None, None)
    assert launch(f"{words} --workers=4").workers == 4


@pytest.mark.parametrize(
    ("words", "threads"),
    [
        ("gunicorn --threads 64", 64),
        ("gunicorn", 1),
        ("granian --blocking-threads=64", 64),
        ("granian", None),
        ("uwsgi --threads=64", 64),
        ("waitress-serve --threads=64", 64),
        ("waitress-serve", 4),
        ("uvicorn", None),
    ],
)
def test_threads_are_read_in_every_spelling(words: str, threads: int | None) -> None:
    """Uvicorn has none of its own."""
    assert launch(words).threads == threads


@pytest.mark.parametrize(
    ("words", "backlog", "cure"),
    [
        ("gunicorn --backlog=64", 64, "--backlog=9"),
        ("gunicorn", 2048, "--backlog=9"),
        ("uvicorn --backlog 64", 64, "--backlog=9"),
        ("hypercorn", 100, "--backlog=9"),
        ("granian", 1024, "--backlog=9"),
        ("uwsgi -l 64", 64, "--listen=9"),
        ("uwsgi", 100, "--listen=9"),
        ("waitress-serve", 1024, "--backlog=9"),
        ("daphne -e tcp:{port}:interface=127.0.0.1:backlog=64", 64, "backlog=9"),
        ("daphne -p {port}", 50, "backlog=9"),
    ],
)
def test_a_listen_queue_is_read_and_written_as_the_server_has_it(
    words: str, backlog: int, cure: str
) -> None:
    """A default is a queue too, and often a short one."""
    server = launch(words)
    assert server.backlog == backlog
    assert server.profile is not None
    assert server.profile.backlog.spelling(9).endswith(cure)


@pytest.mark.parametrize(
    ("words", "lone"),
    [
        ("{python} -m gunicorn -w 4 app:wsgi", "{python} -m gunicorn --workers=1 app:wsgi"),
        ("gunicorn -w4 --workers=2 app:wsgi", "gunicorn --workers=1 app:wsgi"),
        ("gunicorn -c python:deploy app:wsgi", "gunicorn --workers=1 -c python:deploy app:wsgi"),
        ("uwsgi --master -p 4", "uwsgi --processes=1 --master"),
        ("uvicorn --workers=1 app:asgi", "uvicorn --workers=1 app:asgi"),
        ("waitress-serve --threads=4", "waitress-serve --threads=4"),
    ],
)
def test_a_command_can_be_cut_to_one_worker(words: str, lone: str) -> None:
    """The command line is stronger than files and variables, so the number goes there."""
    assert launch(words).with_one_worker() == tuple(lone.split())


@pytest.mark.parametrize(
    ("words", "mortal"),
    [
        ("gunicorn app:wsgi", ["gunicorn", "app:wsgi", "--max-requests=9"]),
        ("gunicorn --max-requests 5 app:wsgi", ["gunicorn", "app:wsgi", "--max-requests=9"]),
        ("uvicorn app:asgi", ["uvicorn", "app:asgi", "--limit-max-requests=9"]),
        ("granian app:asgi", None),
        ("mine app:asgi", None),
    ],
)
def test_workers_can_be_made_to_end_after_some_requests(
    words: str, mortal: list[str] | None
) -> None:
    """In place of what the command says; None where the server has no such setting."""
    lifetime = launch(words).with_lifetime(9)
    assert (lifetime and [*lifetime]) == mortal


def test_any_setting_of_a_server_can_be_put_on_its_command_line() -> None:
    """In place of what the command says, in whatever spelling."""
    server = launch("gunicorn -k sync -w4 --threads 2 app:wsgi")
    assert server.profile and server.profile.workers and server.profile.threads
    chosen: dict[Setting, int | str] = {
        WORKER_CLASS: "gthread",
        server.profile.workers: 1,
        server.profile.threads: 64,
    }
    assert server.with_values(chosen) == (
        "gunicorn",
        "app:wsgi",
        "--worker-class=gthread",
        "--workers=1",
        "--threads=64",
    )


@pytest.mark.parametrize(
    ("words", "packages", "modules"),
    [
        ("gunicorn --http-parser=python", {"gunicorn"}, ()),
        ("gunicorn", {"gunicorn", "gunicorn-h1c"}, ()),
        ("gunicorn -k gevent --http-parser python", {"gunicorn", "gevent"}, ()),
        (
            "gunicorn -k uvicorn_worker.UvicornWorker --http-parser=python",
            {"gunicorn", "uvicorn", "uvloop", "httptools"},
            ("uvicorn_worker",),
        ),
        ("gunicorn -k mine.Worker --http-parser=python", {"gunicorn"}, ("mine",)),
        ("uvicorn --http=httptools", {"uvicorn", "uvloop", "httptools"}, ()),
        ("hypercorn -k trio", {"hypercorn", "h11", "h2", "trio"}, ()),
        ("hypercorn --quic-bind=:443", {"hypercorn", "h11", "h2", "aioquic"}, ()),
        ("granian --loop=uvloop", {"granian", "uvloop"}, ()),
        ("{python} -m elsewhere.server", set(), ("elsewhere",)),
    ],
)
def test_what_serves_is_the_server_and_what_its_command_selects(
    words: str, packages: set[str], modules: tuple[str, ...]
) -> None:
    """Only the interpreter knows the package of a module that the table lacks."""
    server = launch(words)
    assert (set(server.packages), server.modules) == (packages, modules)


def test_a_worker_class_may_stand_in_gunicorns_file() -> None:
    """A string is a literal as well."""
    server = launch("gunicorn", settings='worker_class = "gevent"')
    assert "gevent" in server.packages


@pytest.mark.parametrize(
    ("words", "status", "clean"),
    [
        ("gunicorn", 0, True),
        ("gunicorn", -15, False),
        ("uvicorn", -15, True),
        ("uvicorn", 143, True),
        ("uvicorn", 0, True),
        ("uvicorn", 1, False),
        ("uwsgi", 30, True),
        ("waitress-serve", -15, True),
        ("waitress-serve", -9, False),
    ],
)
def test_each_server_ends_cleanly_with_statuses_of_its_own(
    words: str, status: int, clean: bool
) -> None:
    """Uvicorn raises SIGTERM anew, waitress does not handle it."""
    assert launch(words).ends_cleanly(status) is clean


def test_quotes_that_do_not_match_are_named_with_their_variable() -> None:
    """Gunicorn itself would not start."""
    unbalanced = launch("gunicorn", {"GUNICORN_CMD_ARGS": "--workers '2"})
    with pytest.raises(BenchError, match=r"^environment: GUNICORN_CMD_ARGS = .*mend its quotes$"):
        _ = unbalanced.workers


@pytest.mark.parametrize(
    ("words", "imports"),
    [
        ("{python} -m hypercorn", ("hypercorn",)),
        ("{python} -m hypercorn -k uvloop", ("hypercorn", "uvloop")),
        ("{python} -m hypercorn --quic-bind {host}:{port}", ("hypercorn", "aioquic")),
        ("{python} -m gunicorn --http-protocols=h2", ("gunicorn", "h2")),
        ("{python} -m uvicorn.main", ("uvicorn",)),
        ("{python} -m gunicorn", ("gunicorn",)),
        ("{python} -m gunicorn --http-parser=auto -k asgi", ("gunicorn",)),
        ("{python} -m gunicorn -k gevent", ("gunicorn", "gevent")),
        ("{python} -m gunicorn -k uvicorn_worker.UvicornWorker", ("gunicorn", "uvicorn_worker")),
        ("{python} -m granian --loop=auto", ("granian",)),
        ("{python} serve.py", ()),
        ("{bin}/uwsgi", ()),
    ],
)
def test_a_server_cannot_start_without_its_module_and_what_it_is_told_to_use(
    words: str, imports: tuple[str, ...]
) -> None:
    """What it takes only where it is there is none of it."""
    assert launch(words).imports == imports

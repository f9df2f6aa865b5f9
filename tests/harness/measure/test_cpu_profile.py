"""Which part a sampled stack counts to, and what the samples of a server come to."""

import pytest

from harness.measure.cpu_profile import parse, part, shares

SITE = "/home/me/site/.venv/lib/python3.12/site-packages"
STANDARD = "/usr/lib/python3.12"


def frame(file: str, name: str = "work") -> str:
    """Write a frame as py-spy does."""
    return f"{name} ({file}:42)"


RUN = frame(f"{SITE}/uvicorn/server.py", "run")
HANDLER = frame(f"{SITE}/django/core/handlers/asgi.py", "__call__")
VIEW = frame("/home/me/site/workloads/views_async.py", "wait")


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("/home/me/site/workloads/views_async.py", "app"),
        (f"{SITE}/rest_framework/views.py", "app"),
        (f"{SITE}/django/core/handlers/base.py", "framework"),
        (f"{SITE}/starlette/routing.py", "framework"),
        (f"{SITE}/asgiref/sync.py", "threads"),
        (f"{STANDARD}/threading.py", "threads"),
        (f"{STANDARD}/concurrent/futures/thread.py", "threads"),
        (f"{SITE}/gunicorn/workers/gthread.py", "server"),
        (f"{SITE}/uvicorn/protocols/http/httptools_impl.py", "server"),
        (f"{SITE}/uvicorn_worker/_workers.py", "server"),
        (f"{SITE}/gevent/hub.py", "server"),
        (f"{STANDARD}/asyncio/runners.py", "server"),
        (f"{STANDARD}/selectors.py", "server"),
        (f"{STANDARD}/json/encoder.py", "interpreter"),
        (f"{STANDARD}/logging/__init__.py", "interpreter"),
        ("/usr/lib/python3/dist-packages/django/urls/resolvers.py", "framework"),
        ("<frozen importlib._bootstrap>", "interpreter"),
    ],
)
def test_the_file_of_the_innermost_frame_decides(file: str, expected: str) -> None:
    """Whoever called it: self time, not the time of all that was called."""
    assert part(f"{RUN};{HANDLER};{VIEW};{frame(file)}") == expected


def test_what_called_does_not_count() -> None:
    """A view that is called by Django that is called by Uvicorn is the app's."""
    assert part(f"{RUN};{HANDLER};{VIEW}") == "app"
    assert part(f"{RUN};{HANDLER}") == "framework"
    assert part(RUN) == "server"


def test_what_is_no_frame_does_not_decide() -> None:
    """py-spy puts the process first, whose command may hold anything."""
    process = 'process 4711:"python -m uvicorn (config.asgi:application)"'
    assert part(f"{process};{RUN}") == "server"


def test_a_folder_that_is_called_like_a_package_is_the_apps() -> None:
    """Only what is installed is a framework; only Python's own library is Python's."""
    assert part(frame("/home/me/django/views.py")) == "app"
    assert part(frame("/home/me/threading.py")) == "app"


def test_stacks_are_lines_with_a_number_at_the_end() -> None:
    """Frames have blanks themselves; a stack that comes twice is added up."""
    text = f"{RUN};{VIEW} 3\n{RUN} 1\n{RUN};{VIEW} 2\n"
    assert parse(text) == {f"{RUN};{VIEW}": 5, RUN: 1}


def test_a_stack_that_could_not_be_read_is_none() -> None:
    """Of it there is the process alone, and nobody knows whose it was."""
    assert parse('process 4711:"python -m uvicorn" 85\n') == {}


def test_shares_are_of_the_cores_time_and_add_up_with_kernel_and_idle() -> None:
    """40% in its own code: of 8 samples 4 are the app's: 20%, 2 Django's: 10%, 2 the server's."""
    stacks = {f"{RUN};{HANDLER};{VIEW}": 4, f"{RUN};{HANDLER}": 2, RUN: 2}
    parts = shares(stacks, user=0.4, system=0.25)
    assert parts == pytest.approx(
        {
            "app": 0.2,
            "framework": 0.1,
            "threads": 0.0,
            "server": 0.1,
            "interpreter": 0.0,
            "kernel": 0.25,
            "idle": 0.35,
        }
    )
    assert list(parts)[-2:] == ["kernel", "idle"]


def test_clocks_that_tick_in_hundredths_never_make_idle_time_negative() -> None:
    """A full core may seem to have run for a little more than the time."""
    assert shares({RUN: 1}, user=0.8, system=0.21)["idle"] == 0

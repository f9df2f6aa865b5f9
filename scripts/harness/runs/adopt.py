"""Adopt a stranger's Django project: find out how it is served, and which of its pages answer.

Nothing is written into the project. Everything is tried: what goes into the plan has worked.
"""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.core import causes, likeness
from harness.core.command import interpreter
from harness.core.errors import BenchError
from harness.core.plan import Application, Deployment
from harness.core.sizes import Pace, Sizes, sizes
from harness.host import processes, site
from harness.host import project as projects
from harness.host.machine import Cores
from harness.host.project import Project
from harness.rig.answers import Answer, ask
from harness.rig.paces import pace
from harness.rig.servers import Server, serve

MOST_TRIED, MOST_PAGES = 40, 5
"""How many paths are asked, and how many of those that answer become the scenario's."""

UNSAFE = ("logout", "delete", "admin/", "__debug__", "jsi18n")
"""Words of paths that are not asked: they change something, or are no page of the site."""

OWN_PYTHON = (
    "nothing tells which interpreter the site has, so the suite's own serves it: PYTHON_OF_APP= of "
    "make init names another"
)

ENTRY_POINT = '''"""Made by `make init`: the project has no {name}.py."""

import os

from django.core.{name} import get_{name}_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")
application = get_{name}_application()
'''


@dataclass(frozen=True, slots=True)
class Adopted:
    """A project that serves: how, with which of its pages, and what a person should know."""

    application: Application
    deployments: tuple[Deployment, ...]
    paces: Mapping[str, tuple[Pace, ...]]
    """How fast each page comes, by each deployment in their order."""
    facts: Mapping[str, str]
    remarks: tuple[str, ...] = field(default=())

    @property
    def pages(self) -> tuple[str, ...]:
        """Return the paths of the pages."""
        return tuple(self.paces)

    @property
    def sizes(self) -> Sizes:
        """Return the load that suits how fast the pages come."""
        return sizes(tuple(zip(*self.paces.values(), strict=True)))


def adopt(
    folder: Path,
    python: Path | None,
    made: Path,
    cores: Cores,
    ask_python: Callable[[], Path | None],
) -> Adopted:
    """Return how the project in a folder is served, tried with both servers.

    `python` is its interpreter; without one, what its files tell, or else what `ask_python` says.
    Entry points that are missing are written to `made`. Raise BenchError with the cure where it
    cannot be served.
    """
    project = projects.read(folder)
    python = python or project.python or ask_python()
    remarks = () if python else (OWN_PYTHON,)
    entered, more = _with_entry_points(project, made)
    application = Application(
        directory=project.directory,
        wsgi=entered.wsgi,
        asgi=entered.asgi,
        python=python,
        env_file=project.env_file,
        environment={"PYTHONPATH": str(made.absolute())} if more else {},
    )
    application, facts = _settled(application, project.settings)
    application, of_shell = _without_shell(application, facts)
    deployments = _deployments(application, facts)
    application = _reachable(application, facts)
    application, pages, behind_login = _answering(application, deployments, cores)
    paces, slow = _paced(application, deployments, pages, cores)
    application = application.model_copy(update={"ready": next(iter(paces))})
    return Adopted(
        application=application,
        deployments=deployments,
        paces=paces,
        facts=facts,
        remarks=(*remarks, *more, *of_shell, *behind_login, *slow),
    )


def _with_entry_points(project: Project, made: Path) -> tuple[Project, tuple[str, ...]]:
    """Return the project with both entry points, and a remark on each that had to be made."""
    entered = {"wsgi": project.wsgi, "asgi": project.asgi}
    remarks = []
    for name in [name for name, entry in entered.items() if entry is None]:
        if not project.settings:
            raise BenchError(
                f"{project.directory}: neither manage.py nor an entry point names settings; set "
                "DJANGO_SETTINGS_MODULE there"
            )
        made.mkdir(parents=True, exist_ok=True)
        module = f"made_{name}"
        text = ENTRY_POINT.format(name=name, settings=project.settings[0])
        (made / f"{module}.py").write_text(text)
        entered[name] = f"{module}:application"
        remarks.append(f"the project has no {name}.py: {made / module}.py stands for it")
    return replace(project, wsgi=entered["wsgi"], asgi=entered["asgi"]), tuple(remarks)


def _settled(
    application: Application, settings: Sequence[str]
) -> tuple[Application, Mapping[str, str]]:
    """Return the application with settings that both entry points share and that can be loaded.

    Each entry point with its own first, then with each that the project names.
    """
    choices: list[Application] = [application]
    for module in settings:
        variables = application.environment | {"DJANGO_SETTINGS_MODULE": module}
        choices.append(application.model_copy(update={"environment": variables}))
    first: BenchError | None = None
    for choice in choices:
        try:
            wsgi, asgi = (site.served(choice, each) for each in _deployments(choice, {}))
        except BenchError as error:
            first = first or error
            continue
        served = {"wsgi": wsgi, "asgi": asgi}
        if "django" in wsgi and not likeness.of_facts(served, but=(site.SHELL,)):
            return choice, wsgi
    raise first or BenchError(
        f"{application.directory}: its entry points load different settings; let both name one "
        "DJANGO_SETTINGS_MODULE"
    )


def _without_shell(
    application: Application, facts: Mapping[str, str]
) -> tuple[Application, tuple[str, ...]]:
    """Return the application with the settings that the shell names, and what else it sets.

    Values of other variables may be secrets, which a plan does not hold.
    """
    names = [name for name in facts[site.SHELL].split(", ") if name]
    if "DJANGO_SETTINGS_MODULE" in names:
        names.remove("DJANGO_SETTINGS_MODULE")
        variables = application.environment | {"DJANGO_SETTINGS_MODULE": facts["settings"]}
        application = application.model_copy(update={"environment": variables})
    if not names:
        return application, ()
    return application, (
        f"the shell sets {', '.join(names)}, which the site reads: put it into its .env, so that "
        "the plan holds in every shell",
    )


def _deployments(application: Application, facts: Mapping[str, str]) -> tuple[Deployment, ...]:
    """Return both servers with commands that the installed versions know."""
    packages = dict(each.split(" ", 1) for each in facts.get("packages", "").split(", ") if each)
    lacking = [name for name in ("gunicorn", "uvicorn") if packages and name not in packages]
    if lacking:
        python = interpreter(application)
        raise BenchError(
            f"{python} has no {' and no '.join(lacking)}; install it: {python} -m pip install "
            f"{' '.join(lacking)}"
        )
    recent = int(packages.get("gunicorn", "0").partition(".")[0]) >= 27
    gunicorn = (
        *("{python}", "-m", "gunicorn", "{wsgi}", "--bind={host}:{port}", "--workers=1"),
        *("--worker-class=gthread", "--threads=16", "--worker-connections=2000"),
        *("--keep-alive=75", "--timeout=120", "--backlog=2048"),
        *(("--no-control-socket", "--http-parser=python") if recent else ()),
    )
    uvicorn = (
        *("{python}", "-m", "uvicorn", "{asgi}", "--host={host}", "--port={port}", "--workers=1"),
        *("--lifespan=off", "--timeout-keep-alive=75", "--backlog=2048", "--no-access-log"),
        "--log-level=warning",
    )
    return (
        Deployment(name="gunicorn", interface="wsgi", slots=16, command=gunicorn),
        Deployment(name="uvicorn", interface="asgi", command=uvicorn),
    )


def _reachable(application: Application, facts: Mapping[str, str]) -> Application:
    """Return the application with a host that it admits."""
    hosts = [host for host in facts["ALLOWED_HOSTS"].split(", ") if host]
    if (not hosts and facts["DEBUG"] == "True") or {"*", "127.0.0.1"} & set(hosts):
        return application
    if not hosts:
        raise BenchError(
            f"{facts['settings']}: ALLOWED_HOSTS is empty, so that it answers nobody; set it, in "
            ".env where the settings read it from there"
        )
    return application.model_copy(update={"host": hosts[0].lstrip(".")})


def _answering(
    application: Application, deployments: Sequence[Deployment], cores: Cores
) -> tuple[Application, tuple[str, ...], tuple[str, ...]]:
    """Return the pages that both servers answer, with the headers that they need for that.

    With them comes a remark where pages want a login.
    """
    paths = ["/", *(path for path in site.pages(application, deployments[0]) if _is_page(path))]
    paths = list(dict.fromkeys(paths))[:MOST_TRIED]
    behind_a_proxy = application.model_copy(update={"headers": {"X-Forwarded-Proto": "https"}})
    for choice in (application, behind_a_proxy):
        answers = [_asked(choice, each, paths, cores) for each in deployments]
        pages = tuple(path for path in paths if all(each[path].status == 200 for each in answers))
        if pages:
            return choice, pages[:MOST_PAGES], tuple(_behind_login(answers[0]))
    raise BenchError(
        f"{application.directory}: none of {len(paths)} pages answers a plain GET with 200 "
        f"({_reason(answers[0])}); mend that, or write a plan by docs/own-app.md"
    )


def _is_page(path: str) -> bool:
    return not any(word in path for word in UNSAFE)


def _behind_login(answers: Mapping[str, Answer]) -> Iterator[str]:
    """Yield a remark on the pages that redirect to a login."""
    pages = [path for path in answers if causes.wants_login(answers[path].headers)]
    if pages:
        login = answers[pages[0]].headers["location"].partition("?")[0]
        yield (
            f"behind a login ({login}): {', '.join(pages[:MOST_PAGES])}; to measure that, name a "
            "locustfile that logs in (docs/own-app.md)"
        )


def _reason(answers: Mapping[str, Answer]) -> str:
    """Return what the first of the pages was answered instead, and why."""
    path, answer = next(iter(answers.items()))
    cause = causes.of_answer(answer.status, answer.headers, "*", answer.raised)
    return f"{path} gave {answer.text}" + (f": {cause}" if cause else "")


def _asked(
    application: Application, deployment: Deployment, paths: Sequence[str], cores: Cores
) -> dict[str, Answer]:
    """Return what a deployment answers to each path, asked once."""
    headers = application.request_headers
    with _serving(application, deployment, cores, noting=True) as server:
        answers = {path: ask(server.host, server.port, path, headers) for path in paths}
        return {path: server.explained(answers[path], "GET", path) for path in paths}


def _paced(
    application: Application,
    deployments: Sequence[Deployment],
    pages: Sequence[str],
    cores: Cores,
) -> tuple[dict[str, tuple[Pace, ...]], tuple[str, ...]]:
    """Return how fast each page comes, by each deployment, and a remark on those that do not last.

    Raise BenchError where none does.
    """
    paces: dict[str, list[Pace]] = {page: [] for page in pages}
    remarks = []
    processes.pin(os.getpid(), cores.load)
    for deployment in deployments:
        with _serving(application, deployment, cores) as server:
            for page in [*paces]:
                ask(server.host, server.port, page, application.request_headers)
                try:
                    paces[page].append(pace(server, page, application.request_headers))
                except BenchError as error:
                    remarks.append(f"{error}; it is left out")
                    del paces[page]
    if not paces:
        raise BenchError(remarks[0])
    return {page: tuple(paces[page]) for page in paces}, tuple(remarks)


@contextmanager
def _serving(
    application: Application, deployment: Deployment, cores: Cores, noting: bool = False
) -> Iterator[Server]:
    """Yield a deployment that answers, whatever it is, with its exceptions noted or not."""
    with tempfile.TemporaryDirectory(prefix="init-") as folder:
        log = Path(folder, "server.log")
        with serve(
            application, deployment, log, cores.server, {}, any_answer=True, noting=noting
        ) as server:
            yield server

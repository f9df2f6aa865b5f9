"""Look at a site before it is measured: what each deployment serves, and whether it is the same.

Every deployment is started once and asked twice for each path that the plan names: what is wrong
for one request is wrong for a million. What a locustfile asks is not looked at here.
"""

import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from json import dumps
from pathlib import Path
from urllib.parse import quote, urlencode

from harness.core import causes, likeness
from harness.core.errors import BenchError
from harness.core.plan import PLACEHOLDER, Deployment, Plan, SitePath
from harness.host import site
from harness.host.machine import Cores
from harness.rig.answers import Answer, ask
from harness.rig.servers import NotReady, Server, serve
from harness.rig.session import Services, services

SHOWN = ("settings", "DEBUG", "database", "CONN_MAX_AGE", "middleware", "django", "python")
"""The facts that a person wants to see before a run; all of them are stored."""

COMPRESSED = {"Accept-Encoding": "gzip"}
"""What loadtests/paths.py asks for too: a site may compress for it."""

AT_ONCE = 2
"""How many deployments start side by side: importing a site keeps a core busy."""

Facts = Mapping[str, str]
Pair = tuple[Answer, Answer]
"""What one request was answered, asked twice: what differs within a pair is no difference."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """What each deployment serves, as facts by name, and what a person should know of it."""

    served: Mapping[str, Facts]
    remarks: tuple[str, ...]


def preflight(plan: Plan, cores: Cores) -> Preflight:
    """Prepare the site, import every entry point, start every deployment, ask once for all.

    Raise BenchError, with the cause and its cure, where a deployment does not serve what the plan
    asks for, or serves by other settings than the rest.
    """
    site.run(plan.application, plan.application.prepare, "prepare")
    served = _served(plan)
    # An entry point may read a variable of its own without serving anything else for it.
    differing = likeness.of_facts(served, but=(site.SHELL,))
    if differing and not plan.application.allow_different_settings:
        raise BenchError(
            f"deployments serve by different settings: {differing[0]}; let both entry points name "
            "one DJANGO_SETTINGS_MODULE, or set application.allow_different_settings = true"
        )
    answers = _answers(plan, served, cores)
    remarks = (*differing, *_debugging(served), *_by_shell(served), *_unlike(answers))
    return Preflight(served, remarks)


def _served(plan: Plan) -> dict[str, Facts]:
    """Return what each deployment serves, imported side by side."""
    with ThreadPoolExecutor(len(plan.deployments)) as threads:
        each = threads.map(partial(site.served, plan.application), plan.deployments)
        return dict(zip((deployment.name for deployment in plan.deployments), each, strict=True))


def _debugging(served: Mapping[str, Facts]) -> Iterator[str]:
    names = [name for name, facts in served.items() if facts.get("DEBUG") == "True"]
    if names:
        yield (
            f"DEBUG is on for {', '.join(names)}: it keeps every query in memory and is slower "
            "than what is deployed; turn it off in the settings that the plan names"
        )


def _by_shell(served: Mapping[str, Facts]) -> Iterator[str]:
    """Yield which variables of the shell decide what is served, which another shell may not set."""
    names = {name for facts in served.values() for name in facts.get(site.SHELL, "").split(", ")}
    if names := names - {""}:
        yield (
            f"the shell sets {', '.join(sorted(names))}, which the site reads: the plan alone does "
            "not say what is served; set it in application.env_file or application.environment"
        )


def _answers(
    plan: Plan, served: Mapping[str, Facts], cores: Cores
) -> dict[str, Mapping[str, Pair]]:
    """Return what each deployment answers to each path, by deployment and name of the path."""
    site.run(plan.application, plan.application.reset, "reset")
    with (
        tempfile.TemporaryDirectory(prefix="preflight-") as folder,
        services(plan.upstream, Path(folder), cores) as backing,
        ThreadPoolExecutor(AT_ONCE) as threads,
    ):
        started = {
            each.name: threads.submit(
                _start, plan, each, served[each.name], cores, backing, Path(folder)
            )
            for each in plan.deployments
        }
        return {name: answers.result() for name, answers in started.items()}


def _start(
    plan: Plan, deployment: Deployment, facts: Facts, cores: Cores, backing: Services, folder: Path
) -> Mapping[str, Pair]:
    """Start a deployment once and ask it; raise BenchError with the cause where it refuses."""
    log = folder / f"{deployment.name}.log"
    serving = serve(plan.application, deployment, log, cores.server, backing.variables)
    try:
        with serving as server:
            return {
                path.name or path.path: _pair(plan, deployment, server, path)
                for scenario in plan.scenarios
                if deployment in plan.against(scenario)
                for path in scenario.paths
            }
    except (NotReady, Refused) as failure:
        cause = _cause(plan, deployment, facts, failure.path, failure.answer)
        if cause is None:
            raise
        text = f"{deployment.name}: {failure.path} gave {failure.answer.text}; {cause}"
        raise BenchError(text) from None


class Refused(BenchError):
    """A path of the plan that is not answered as the plan wants."""

    def __init__(self, deployment: Deployment, path: str, answer: Answer) -> None:
        super().__init__(
            f"{deployment.name}: {path} gave {answer.text}; correct the path, or give it the "
            "status that it has"
        )
        self.path = path
        self.answer = answer


def _pair(plan: Plan, deployment: Deployment, server: Server, path: SitePath) -> Pair:
    """Return the answers to one path, asked twice; raise Refused where the first is not good."""
    target = _target(path)
    headers, body = _sent(path)
    sent = COMPRESSED | plan.application.request_headers | headers
    asked = partial(ask, server.host, server.port, target, sent, path.method, body)
    first = asked()
    good = first.status == path.status if path.status else 200 <= first.status < 400
    elsewhere = path.status is None and first.headers.get("location", "").startswith("https:")
    if not good or elsewhere:
        raise Refused(deployment, target, first)
    return first, asked() if path.method in ("GET", "HEAD", "OPTIONS") else first


def _target(path: SitePath) -> str:
    """Return a path with the first word of each file in its placeholders."""
    words = {
        name: file.read_text(encoding="utf-8-sig").split("\n") for name, file in path.words.items()
    }
    first = {
        name: next(word.strip() for word in lines if word.strip()) for name, lines in words.items()
    }
    return PLACEHOLDER.sub(lambda each: quote(first[each[1]], safe=""), path.path)


def _sent(path: SitePath) -> tuple[dict[str, str], bytes | None]:
    """Return the headers and the body of a request, as loadtests/paths.py sends them."""
    if path.body is not None:
        return {"Content-Type": "application/json", **path.headers}, dumps(path.body).encode()
    if isinstance(path.data, dict):
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return {**kind, **path.headers}, urlencode(path.data).encode()
    return dict(path.headers), path.data.encode() if path.data is not None else None


def _cause(
    plan: Plan, deployment: Deployment, facts: Facts, path: str, answer: Answer
) -> str | None:
    """Return why a deployment answers so and what to do; asks the view itself about a 500."""
    error = site.raised(plan.application, deployment, path) if answer.status >= 500 else ""
    hosts = facts.get("ALLOWED_HOSTS", "*") if not plan.application.host else "*"
    return causes.of_answer(answer.status, answer.headers, hosts, error)


def _unlike(answers: Mapping[str, Mapping[str, Pair]]) -> Iterator[str]:
    """Yield requests that two deployments answer differently, each with the first difference."""
    (first, others), *rest = ((name, pairs) for name, pairs in answers.items())
    for name, pairs in rest:
        for path in (path for path in others if path in pairs):
            if text := _difference(others[path], pairs[path]):
                yield f"{path} is answered differently by {first} and {name}: {text}"


def _difference(one: Pair, other: Pair) -> str:
    """Return how the answers of two deployments differ beyond what differs within each."""
    if one[0].status != other[0].status:
        return f"{one[0].text} and {other[0].text}"
    for name in ("content-type", "content-encoding"):
        kinds = [pair[0].headers.get(name, "none") for pair in (one, other)]
        if kinds[0] != kinds[1]:
            return f"{name} {kinds[0]} and {kinds[1]}"
    bodies = [tuple(each.body.decode(errors="replace") for each in pair) for pair in (one, other)]
    return likeness.difference(bodies[0], bodies[1])

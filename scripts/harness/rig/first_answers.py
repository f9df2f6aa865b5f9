"""What a deployment answers to a scenario at first: to its paths, or to what its locustfile asks.

Everything is asked twice, by two clients, where the scenario lets it: what differs within the
answers of one deployment is no difference between two.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from json import dumps
from pathlib import Path
from urllib.parse import quote, urlencode

from pydantic import TypeAdapter

from harness.core import likeness
from harness.core.errors import BenchError
from harness.core.plan import PLACEHOLDER, Deployment, Load, Plan, Scenario, SitePath
from harness.host.machine import Cores
from harness.rig.answers import Answer, ask
from harness.rig.generator import LOOKING, Generator, generate
from harness.rig.servers import Server
from harness.rig.session import SessionFailed, awaited

COMPRESSED = {"Accept-Encoding": "gzip"}
"""What loadtests/paths.py asks for too: a site may compress for it."""

LOOK_S = 5
"""How long a locustfile may ask; it ends before once two users have done all of its tasks."""

SHORT_WAIT_MS = 100
"""The longest wait that is asked for here: a held poll of 20 s would tell nothing more."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of a scenario and its answer; `error` is what the scenario has against that.

    `by_status` is whether the plan itself says which status is right.
    """

    name: str
    method: str
    path: str
    answer: Answer
    error: str = ""
    by_status: bool = False

    @property
    def label(self) -> str:
        """Return what the figures call it, with a method that is not GET."""
        return self.name if self.method == "GET" else f"{self.method} {self.name}"

    @property
    def request(self) -> str:
        """Return what was asked for in full, with a method that is not GET."""
        return self.path if self.method == "GET" else f"{self.method} {self.path}"

    @property
    def cure(self) -> str:
        """Return what to do about an error whose cause nobody knows."""
        if self.by_status:
            return "correct the path, or give it the status that it has"
        return f"correct what the locustfile asks for, or the site ({self.error})"

    @property
    def refused(self) -> bool:
        """Return whether the site refused it; else it is only the body that is not expected."""
        return bool(self.error) and (self.by_status or not 200 <= self.answer.status < 300)


@dataclass(frozen=True, slots=True)
class FirstAnswers:
    """The first requests of a scenario, what its tasks raised, and those that did not come up.

    `raised` has exception, task and count.
    """

    asked: tuple[Asked, ...]
    raised: tuple[tuple[str, str, int], ...] = ()
    missed: tuple[str, ...] = ()

    def by_label(self) -> dict[str, list[Asked]]:
        """Return the requests by what the figures call them."""
        groups: dict[str, list[Asked]] = {}
        for asked in self.asked:
            groups.setdefault(asked.label, []).append(asked)
        return groups


FIRST = TypeAdapter(FirstAnswers)


class ScenarioFailed(BenchError):
    """A locustfile that does not run, whatever it asks."""


def first_answers(
    plan: Plan,
    deployment: Deployment,
    scenario: Scenario,
    server: Server,
    folder: Path,
    cores: Cores,
) -> FirstAnswers:
    """Return what a deployment that is served answers to a scenario; files go to `folder`."""
    if scenario.locustfile is None:
        return FirstAnswers(tuple(_of_paths(plan, scenario, server)))
    return _of_locustfile(plan, deployment, scenario, server, folder, cores)


def failures(first: Mapping[str, Mapping[str, FirstAnswers]]) -> Iterator[str]:
    """Yield what scenarios have against answers, and what did not come up or raised."""
    for deployment, scenarios in first.items():
        for scenario, answers in scenarios.items():
            for label, group in answers.by_label().items():
                if errors := [asked.error for asked in group if asked.error]:
                    yield (
                        f"{scenario}: {label} of {deployment} failed {len(errors)} of "
                        f"{len(group)} times: {errors[0]}"
                    )
            for exception, task, _ in answers.raised:
                yield f"{scenario}: {task} raises {exception}"
            if answers.missed:
                yield f"{scenario}: {', '.join(answers.missed)} did not come up in {LOOK_S} s"


def differences(first: Mapping[str, Mapping[str, FirstAnswers]]) -> Iterator[str]:
    """Yield requests that two deployments answer differently, each with the first difference."""
    sides = {name: _good(scenarios.values()) for name, scenarios in first.items()}
    (one, answers), *rest = sides.items()
    for other, others in rest:
        for label in (label for label in answers if label in others):
            if text := _difference(answers[label], others[label]):
                yield f"{label} is answered differently by {one} and {other}: {text}"


def _good(scenarios: Iterable[FirstAnswers]) -> dict[str, list[Answer]]:
    """Return the answers that scenarios call good, by the label of their request."""
    answers: dict[str, list[Answer]] = {}
    for first in scenarios:
        for asked in (asked for asked in first.asked if not asked.error):
            answers.setdefault(asked.label, []).append(asked.answer)
    return answers


def _difference(one: Sequence[Answer], other: Sequence[Answer]) -> str:
    """Return how the answers of two deployments differ beyond what differs within each."""
    sides = (one, other)
    statuses, others = ({answer.status for answer in side} for side in sides)
    if not statuses & others:
        return f"{one[0].text} and {other[0].text}"
    for name in ("content-type", "content-encoding"):
        kinds = [{answer.headers.get(name, "none") for answer in side} for side in sides]
        if not kinds[0] & kinds[1]:
            return f"{name} {' or '.join(kinds[0])} and {' or '.join(kinds[1])}"
    if min(len(one), len(other)) < 2:
        return ""  # a token or the time in the one answer would be taken for a difference
    bodies = [[answer.body.decode(errors="replace") for answer in side] for side in sides]
    return likeness.difference(*bodies)


def _of_paths(plan: Plan, scenario: Scenario, server: Server) -> Iterator[Asked]:
    """Yield the answers to each path, asked twice."""
    for path in scenario.paths:
        target = _target(path)
        headers, body = _sent(path)
        sent = COMPRESSED | plan.application.request_headers | headers
        for _ in range(2):
            answer = ask(
                server.host,
                server.port,
                target,
                sent,
                path.method,
                body,
                encrypted=server.encrypted,
            )
            name = path.name or path.path
            yield Asked(name, path.method, target, answer, _fault(path, answer), by_status=True)


def _fault(path: SitePath, answer: Answer) -> str:
    """Return what a plan has against the answer to a path; redirects are not followed here."""
    good = answer.status == path.status if path.status else 200 <= answer.status < 400
    elsewhere = path.status is None and answer.headers.get("location", "").startswith("https:")
    return "" if good and not elsewhere else answer.text


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


def _of_locustfile(
    plan: Plan,
    deployment: Deployment,
    scenario: Scenario,
    server: Server,
    folder: Path,
    cores: Cores,
) -> FirstAnswers:
    """Return what a locustfile is answered; raise BenchError where it is refused, or ends."""
    folder.mkdir()
    with generate(
        scenario=_shortened(plan, scenario),
        load=Load(users=(1,), settle_s=0, measure_s=LOOK_S, tail_s=LOOK_S),
        views=deployment.views,
        url=server.url,
        folder=folder,
        cores=cores.load,
        plugins=LOOKING,
        slots=deployment.slots,
        headers=plan.application.request_headers,
    ) as generator:
        return FIRST.validate_json(_line(generator, server, scenario))


def _line(generator: Generator, server: Server, scenario: Scenario) -> str:
    """Return what Locust writes at its end; raise BenchError where it, or the server, ends before.

    Raise ScenarioFailed where no server is to blame.
    """
    try:
        return awaited(generator.next_line, generator, (server,), LOOK_S, began=False)
    except SessionFailed as failure:
        if failure.note is not None and failure.note.kind == "failed":
            raise BenchError(
                f"{server.name}: scenario {scenario.name}: {failure.note.text}"
            ) from None
        where = f"scenario {scenario.name}: {failure}"
        if failure.note is not None or failure.child is None:
            raise ScenarioFailed(where) from None
        # The log itself is gone by the time that somebody reads this.
        kind = ScenarioFailed if failure.child is generator.child else BenchError
        raise kind(f"{where}; fix what its log says:\n{failure.child.tail()}") from None


def _shortened(plan: Plan, scenario: Scenario) -> Scenario:
    """Return a scenario whose waits are short, and whose tasks no arrivals part."""
    settings = dict(scenario.settings)
    if scenario.wait_ms:
        settings["wait_ms"] = min(scenario.wait_ms, SHORT_WAIT_MS)
    if plan.load_of(scenario).model == "open":
        settings.pop("think_ms", None)
    return scenario.model_copy(update={"settings": settings})

"""Read a plan: TOML text -> Plan -> blocks in the order in which they are carried out."""

import difflib
import json
import shutil
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from harness.core import validation
from harness.core.command import PLACEHOLDERS, command, placeholders
from harness.core.errors import BenchError
from harness.core.plan import Deployment, Event, Plan, Scenario

RELATIVE = "paths are relative to the plan"


def read(path: Path) -> tuple[Plan, str]:
    """Return a plan, checked whole, and its text, which the run stores verbatim.

    Raise BenchError with the file, the key and the cure where it cannot be carried out.
    """
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not text"
        raise BenchError(
            f"{path}: cannot read the plan ({reason}); name one of loadtests/plans/"
        ) from None
    return parse(text, str(path), path.parent), text


def parse(text: str, source: str, folder: Path = Path()) -> Plan:
    """Return the plan that TOML describes, checked whole; paths are relative to `folder`.

    Raise BenchError with `source`, the key and the cure.
    """
    plan = stored(text, source, folder)
    check_presence(plan, source)
    return plan


def stored(text: str, source: str, folder: Path = Path()) -> Plan:
    """Return the plan that TOML describes, whether or not its files are still there.

    Raise BenchError with `source`, the key and the cure.
    """
    try:
        # Through JSON, because there strict checking still takes lists for tuples.
        content = json.dumps(tomllib.loads(text), default=str)
        plan = Plan.model_validate_json(content, context={"folder": folder})
    except tomllib.TOMLDecodeError as error:
        raise BenchError(f"{source}: not valid TOML: {error}") from None
    except ValidationError as error:
        raise BenchError(f"{source}: {_first_fault(error)}") from None
    _raise_first(CHECKS, plan, source)
    return plan


def check_presence(plan: Plan, source: str) -> None:
    """Raise BenchError where a file, folder or program that a plan needs is missing."""
    _raise_first(PRESENCE, plan, source)


def _raise_first(
    checks: Iterable[Callable[[Plan], Iterable[str]]], plan: Plan, source: str
) -> None:
    for check in checks:
        for fault in check(plan):
            raise BenchError(f"{source}: {fault}")


def _first_fault(error: ValidationError) -> str:
    # A misspelt key also leaves its proper name missing: report the spelling.
    fault = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    if fault["type"] == "extra_forbidden":
        where = ".".join(map(str, fault["loc"]))
        keys = _keys_beside(fault["loc"])
        return f"unknown key {where}{_nearest(str(fault['loc'][-1]), keys)}"
    return validation.fault(fault, "the plan")


def _keys_beside(location: tuple[int | str, ...]) -> list[str]:
    """Return the keys of the part of the plan in which a key stands."""
    part: Any = Plan
    for step in location[:-1]:
        if isinstance(step, str):
            part = _part_of(part.model_fields[step].annotation)
    return [field.alias or name for name, field in part.model_fields.items()]


def _part_of(annotation: Any) -> type[BaseModel]:
    """Return the plan part inside `Load | None`, `tuple[Scenario, ...]` and the like."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(_part_of(inner) for inner in annotation.__args__ if hasattr(inner, "__mro__"))


def _nearest(word: str, choices: Iterable[str]) -> str:
    choices = list(choices)
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else f"; choose one of {', '.join(choices)}"


def _unique_names(plan: Plan) -> Iterable[str]:
    for kind in ("deployments", "scenarios", "events"):
        parts: tuple[Deployment | Scenario | Event, ...] = getattr(plan, kind)
        names = [part.name for part in parts]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"{kind}: two have the name {name}; give each its own"


def _files(plan: Plan) -> Iterable[str]:
    """Yield folders and files that are missing."""
    application = plan.application
    if not application.directory.is_dir():
        yield f"application.directory: no folder {application.directory}; {RELATIVE}"
    if application.env_file is not None and not application.env_file.is_file():
        yield f"application.env_file: no file {application.env_file}; {RELATIVE}"
    for scenario in plan.scenarios:
        for key in ("locustfile", "requirements"):
            path = getattr(scenario, key)
            if path is not None and not path.is_file():
                yield f"scenario {scenario.name}: no {key} {path}; {RELATIVE}"


def _word_files(plan: Plan) -> Iterable[str]:
    """Yield files of words that are missing, no text, or without a word."""
    for scenario in plan.scenarios:
        files = {path for each in scenario.paths for path in each.words.values()}
        for path in sorted(files):
            if fault := _fault_of_words(path):
                yield f"scenario {scenario.name}: words: {path}: {fault}"


def _fault_of_words(path: Path) -> str | None:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        return f"cannot read it ({reason}); {RELATIVE}"
    return None if text.strip() else "it is empty; write one value a line"


def _commands(plan: Plan) -> Iterable[str]:
    for deployment in plan.deployments:
        words = placeholders(deployment)
        for word in words:
            if word not in PLACEHOLDERS:
                yield (
                    f"deployment {deployment.name}: unknown placeholder "
                    f"{{{word}}}{_nearest(word, PLACEHOLDERS)}"
                )
        if "port" not in words:
            yield f"deployment {deployment.name}: the command needs {{port}} to listen on"


def _versions(plan: Plan) -> Iterable[str]:
    """Yield deployments whose command would not start what they name versions of."""
    for deployment in plan.deployments:
        if deployment.has_versions and not {"python", "bin"} & set(placeholders(deployment)):
            yield (
                f"deployment {deployment.name} names versions that its command does not serve "
                "by; start it with {python} or {bin}"
            )


def _programs(plan: Plan) -> Iterable[str]:
    """Yield programs that are missing; servers start in the folder of the application.

    What is to be beside the interpreter comes by a package: harness.host.packages looks for it.
    """
    application = plan.application
    for deployment in plan.deployments:
        if deployment.command[0].startswith("{bin}"):
            continue
        program = command(application, deployment, "127.0.0.1", 1)[0]
        place = application.directory / program if "/" in program else program
        if shutil.which(place) is None:
            yield (
                f"deployment {deployment.name}: no program {program}; install it, or correct "
                "the first word of the command"
            )


def _entry_points(plan: Plan) -> Iterable[str]:
    for deployment in plan.deployments:
        for word in ("wsgi", "asgi"):
            if word in placeholders(deployment) and not getattr(plan.application, word):
                yield f"deployment {deployment.name} uses {{{word}}}; set application.{word}"


def _capacities(plan: Plan) -> Iterable[str]:
    """Yield fractions of a capacity that no closed staircase of the plan measures."""
    loads = {scenario.name: plan.load_of(scenario) for scenario in plan.scenarios}
    closed = [name for name, load in loads.items() if load.users]
    for name, load in loads.items():
        if load.of is not None and load.of not in closed:
            yield (
                f"scenario {name}: load.of must name a scenario with users"
                f"{_nearest(load.of, closed)}"
            )


def _deployment_names(plan: Plan) -> Iterable[str]:
    """Yield deployments of scenarios that the plan lacks, or whose capacity stays unknown."""
    names = [deployment.name for deployment in plan.deployments]
    against = {each.name: [d.name for d in plan.against(each)] for each in plan.scenarios}
    for scenario in plan.scenarios:
        for name in scenario.deployments or ():
            if name not in names:
                yield f"scenario {scenario.name}: no deployment {name}{_nearest(name, names)}"
        of = scenario.load.of if scenario.load else None
        for name in against[scenario.name]:
            if of is not None and name not in against[of]:
                yield (
                    f"scenario {scenario.name}: load.of {of} does not run against {name}; "
                    f"add {name} to its deployments"
                )


def _step_values(plan: Plan) -> Iterable[str]:
    """Yield single steps that the scenario does not climb, or not against that deployment."""
    for scenario in plan.scenarios:
        against = [deployment.name for deployment in plan.against(scenario)]
        has = plan.load_of(scenario).steps
        for name, steps in scenario.only.items():
            if name not in against:
                near = _nearest(name, against)
                yield f"scenario {scenario.name}: only: no deployment {name} here{near}"
            for step in sorted(set(steps) - set(has)):
                choices = ", ".join(f"{each:g}" for each in has)
                yield f"scenario {scenario.name}: only.{name}: {step:g} is none of {choices}"


def _fewer_rounds(plan: Plan) -> Iterable[str]:
    """Yield rounds of deployments that do not run there, that nobody has, or without a capacity."""
    scenarios = {scenario.name: scenario for scenario in plan.scenarios}
    for scenario in plan.scenarios:
        against = [deployment.name for deployment in plan.against(scenario)]
        for name, rounds in scenario.rounds.items():
            if name not in against:
                near = _nearest(name, against)
                yield f"scenario {scenario.name}: rounds: no deployment {name} here{near}"
            if rounds > plan.rounds:
                yield (
                    f"scenario {scenario.name}: rounds.{name}: {rounds} is more than the plan's "
                    f"rounds = {plan.rounds}; raise those"
                )
        of = scenarios.get(scenario.load.of or "") if scenario.load else None
        for deployment in plan.against(scenario) if of else ():
            if of and plan.rounds_of(of, deployment) < plan.rounds_of(scenario, deployment):
                yield (
                    f"scenario {scenario.name}: load.of {of.name} has fewer rounds of "
                    f"{deployment.name}; give it as many"
                )


def _searches(plan: Plan) -> Iterable[str]:
    """Yield searches without an objective, or with rounds: each end is tried as often as needed."""
    for scenario in plan.scenarios:
        if not plan.load_of(scenario).search:
            continue
        if scenario.objective is None:
            yield (
                f"scenario {scenario.name}: a search needs what has to be met; add "
                "objective = { p95_ms = 500 }"
            )
        if scenario.rounds:
            yield f"scenario {scenario.name}: a search has no rounds; leave them out"


def _others(plan: Plan) -> Iterable[str]:
    """Yield deployments that name another which is not there, or is of another interface."""
    interfaces = {deployment.name: deployment.interface for deployment in plan.deployments}
    for deployment in plan.deployments:
        others = [name for name in interfaces if name != deployment.name]
        for key in ("ground", "default_of"):
            name = getattr(deployment, key)
            if name is None:
                continue
            if name not in others:
                near = _nearest(name, others)
                yield f"deployment {deployment.name}: {key}: no other {name}{near}"
            elif interfaces[name] != deployment.interface:
                yield (
                    f"deployment {deployment.name}: {key}: {name} has another interface; name one "
                    f"of {deployment.interface}"
                )


def _views(plan: Plan) -> Iterable[str]:
    """Yield deployments that do not say by which views a path is filled in."""
    for scenario in plan.scenarios:
        for deployment in plan.against(scenario):
            if deployment.views is None and any("{views}" in p for p in scenario.instructions):
                yield (
                    f"scenario {scenario.name}: instructions has {{views}}, and deployment "
                    f"{deployment.name} names none; write the path out"
                )


def _probes_alike(plan: Plan) -> Iterable[str]:
    """Find a plan whose ratios would be those of a probe as well."""
    probed = [deployment.name for deployment in plan.deployments if deployment.probe]
    others = [deployment.name for deployment in plan.deployments if not deployment.probe]
    if probed and others:
        yield (
            f"deployment {probed[0]} has a probe and {others[0]} has none, so their ratio would "
            "hold its cost: set probe = true for all deployments of the plan, or for none"
        )


def _out_of_reach(plan: Plan) -> Iterable[str]:
    """Yield what stays on this machine though another host serves."""
    if plan.machines is None:
        return
    if plan.application.python is not None:
        yield (
            "application.python is an interpreter of this machine, and machines.server another "
            "host: let deployments name requirements instead"
        )
    for deployment in plan.deployments:
        if deployment.python is not None and "/" in deployment.python:
            yield (
                f"deployment {deployment.name}: python is an interpreter of this machine, and "
                "machines.server another host: name its version"
            )
        if "host" not in placeholders(deployment):
            yield (
                f"deployment {deployment.name}: the command needs {{host}} to listen on, as "
                "machines.server is asked from elsewhere"
            )


CHECKS = (
    _unique_names,
    _commands,
    _versions,
    _entry_points,
    _capacities,
    _deployment_names,
    _step_values,
    _fewer_rounds,
    _searches,
    _others,
    _views,
    _probes_alike,
    _out_of_reach,
)

PRESENCE = (_files, _word_files, _programs)

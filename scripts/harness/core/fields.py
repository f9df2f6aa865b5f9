"""What the fields of a plan may hold: names, paths, headers, commands, staircases."""

import os
import re
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

Number = TypeVar("Number", int, float)

PIN = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)(\[[\w., -]+\])?==[\w.!+-]+")


def _check_slug(name: str) -> str:
    """Return a name; raise ValueError where it could not be part of a file name."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        raise ValueError("must consist of letters, digits, '-' and '_'")
    return name


def _check_climb(steps: tuple[Number, ...]) -> tuple[Number, ...]:
    """Return a staircase; raise ValueError where it does not climb: a block only adds users."""
    if list(steps) != sorted(set(steps)):
        raise ValueError("must rise from step to step, without repeats")
    return steps


def _check_path(path: str) -> str:
    """Return a path; raise ValueError where it names a host, which is the deployment's."""
    if not path.startswith("/"):
        raise ValueError("must begin with '/'")
    return path


def _list_paths(paths: object) -> object:
    """Return one path as a list of one."""
    if isinstance(paths, str):
        return (paths,)
    return tuple(paths) if isinstance(paths, list) else paths


def _check_class(name: str) -> str:
    """Return the name of a user class; raise ValueError where no class can have it."""
    if not name.isidentifier():
        raise ValueError("must be the name of a class of the locustfile")
    return name


def _place_beside_the_plan(path: Path, info: ValidationInfo) -> Path:
    """Return a path that is relative to the folder of the plan as one that can be opened."""
    folder: Path = (info.context or {}).get("folder", Path())
    # Without `..`, so that a plan means the same from wherever it is read.
    return Path(os.path.normpath(folder / path))


def _check_header(text: str) -> str:
    """Return a header's name or value; raise ValueError where it would end the line."""
    if not text.isprintable() or not text.isascii():
        raise ValueError("must be printable ASCII, as a header is")
    return text


def canonical(name: str) -> str:
    """Return the name of a package as the package index has it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def _check_pin(requirement: str) -> str:
    """Return a requirement; raise ValueError where another day might install another version."""
    if not PIN.fullmatch(requirement):
        raise ValueError("must name one version: gunicorn==26.0.0")
    return requirement


def _place_interpreter(python: str, info: ValidationInfo) -> str:
    """Return the path of an interpreter as one that can be run; a mere version as it is."""
    return str(_place_beside_the_plan(Path(python), info)) if "/" in python else python


Name = Annotated[str, AfterValidator(_check_slug)]
SshUrl = Annotated[str, Field(pattern=r"^ssh://([\w.-]+@)?[A-Za-z0-9][\w.-]*(:\d+)?$")]
"""A host as OpenSSH has it: ssh://[user@]host[:port]."""
PlanPath = Annotated[Path, AfterValidator(_place_beside_the_plan)]
"""A path in a plan: relative ones are beside the plan."""
HeaderText = Annotated[str, Field(min_length=1), AfterValidator(_check_header)]
Words = Annotated[tuple[str, ...], Field(min_length=1)]
"""A command as a list of words: no shell reads it."""
UserClass = Annotated[str, AfterValidator(_check_class)]
Pin = Annotated[str, AfterValidator(_check_pin)]
"""A package with its one version, as pip has it."""
Python = Annotated[str, Field(min_length=1), AfterValidator(_place_interpreter)]
"""A version of Python, or an interpreter: a relative path is beside the plan."""
AbsolutePath = Annotated[str, AfterValidator(_check_path)]
UrlPath = Annotated[str, Field(pattern=r"^/")]
UrlPaths = Annotated[tuple[UrlPath, ...], BeforeValidator(_list_paths)]
"""One path, or a list of them."""
CoreNumbers = Annotated[
    tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1), AfterValidator(_check_climb)
]
"""Cores by their numbers, as the kernel has them (taskset -c)."""
Rate = Annotated[float, Field(gt=0)]
Rates = Annotated[tuple[Rate, ...], AfterValidator(_check_climb)]
Users = Annotated[tuple[Annotated[int, Field(gt=0)], ...], AfterValidator(_check_climb)]

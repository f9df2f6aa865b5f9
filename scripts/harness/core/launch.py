"""How a deployment launches its server: what its command, variables and files tell. Pure.

What nobody can tell without running the server is None, never a guess.
"""

import ast
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import PurePath

from harness.core.server_profiles import PROFILES, Profile, Setting

# Options of Python that take the word behind them as their value; see `python --help`.
TAKES_A_WORD = ("-W", "-X", "--check-hash-based-pycs")

PYTHON = re.compile(r"\{python\}|(python|pypy)(\d+(\.\d+)?t?)?")


@dataclass(frozen=True, slots=True)
class Program:
    """What a command starts: the words up to a server's name, and the arguments behind it.

    `module` is that name behind `python -m`, `script` that of an executable or of a Python file.
    """

    words: tuple[str, ...]
    arguments: tuple[str, ...]
    module: str | None = None
    script: str | None = None

    @property
    def profile(self) -> Profile | None:
        """Return the server's profile; None where the table has none."""
        for profile in PROFILES:
            if self.script in profile.programs:
                return profile
            if self.module is not None and self.module.partition(".")[0] == profile.module:
                return profile
        return None


@dataclass(frozen=True, slots=True)
class Launch:
    """A server as a deployment launches it.

    `variables` are those that the plan sets, of application and deployment. `settings` is the text
    of the Python file that sets it up, None where there is none that can be read.
    """

    program: Program
    variables: Mapping[str, str]
    settings: str | None = None

    @property
    def profile(self) -> Profile | None:
        """Return the server's profile; None where the table has none."""
        return self.program.profile

    @property
    def workers(self) -> int | None:
        """Return how many worker processes it starts; None while that is unknown."""
        return self._number(self.profile.workers if self.profile else None)

    @property
    def threads(self) -> int | None:
        """Return how many threads serve in each worker; None while that is unknown."""
        return self._number(self.profile.threads if self.profile else None)

    @property
    def backlog(self) -> int | None:
        """Return how long its listen queue is; None while that is unknown."""
        return self._number(self.profile.backlog if self.profile else None)

    @property
    def packages(self) -> tuple[str, ...]:
        """Return the distributions that serve, by the profile and by what the command chooses."""
        if self.profile is None:
            return ()
        chosen = (
            choice.packages.get(self._value(choice.setting) or "", ())
            for choice in self.profile.choices
        )
        return tuple(dict.fromkeys((*self.profile.packages, *chain.from_iterable(chosen))))

    @property
    def modules(self) -> tuple[str, ...]:
        """Return the import packages whose distributions only the interpreter knows.

        That of an unknown server, and those of classes that the command names.
        """
        own = () if self.profile or not self.program.module else (self.program.module,)
        choices = self.profile.choices if self.profile else ()
        values = [self._value(choice.setting) or "" for choice in choices]
        return tuple(name.partition(".")[0] for name in (*own, *(v for v in values if "." in v)))

    @property
    def scripts(self) -> tuple[str, ...]:
        """Return the executable of an unknown server, whose distribution may be found by it."""
        return () if self.profile or not self.program.script else (self.program.script,)

    def ends_cleanly(self, status: int) -> bool | None:
        """Tell whether a status is that of a server which was asked to end; None if unknown."""
        return status in self.profile.clean_exits if self.profile else None

    def alone(self) -> tuple[str, ...]:
        """Return the words of the command with one worker, however many it says there are."""
        workers = self.profile.workers if self.profile else None
        words, arguments = self.program.words, self.program.arguments
        if workers is None or self.workers == 1:
            return (*words, *arguments)
        return (*words, workers.spelling(1), *_without(arguments, workers.flags))

    def _number(self, setting: Setting | None) -> int | None:
        value = self._value(setting) if setting else None
        return int(value) if value is not None and value.isdecimal() else None

    def _value(self, setting: Setting) -> str | None:
        """Return what a setting comes to: the first that says anything decides."""
        return next(self._sources(setting), setting.default)

    def _sources(self, setting: Setting) -> Iterator[str | None]:
        """Yield what each place says about a setting, the strongest first; None is unclear."""
        yield from reversed(_values(self.program.arguments, setting))
        yield from reversed(_values(self._more_arguments, setting))
        if setting.key:
            yield from self._by_file(setting.key)
        yield from (self.variables[name] for name in setting.variables if name in self.variables)
        if self._opaque:
            yield None

    @property
    def _more_arguments(self) -> tuple[str, ...]:
        """Return the words of the command line that a variable holds."""
        name = self.profile.arguments if self.profile else None
        return tuple(shlex.split(self.variables.get(name, ""))) if name else ()

    @property
    def _opaque(self) -> bool:
        """Tell whether a file that is not read may set anything."""
        names = self.profile.opaque if self.profile else ()
        return any(
            word.partition("=")[0] in names or word.endswith(tuple(n for n in names if n[0] == "."))
            for word in self.program.arguments
        )

    def _by_file(self, key: str) -> Iterator[str | None]:
        """Yield what the file of settings says; unclear where one is chosen that cannot be read."""
        if self.settings is not None:
            yield from _assignments(self.settings, key)
        elif self._chosen_file:
            yield None

    @property
    def _chosen_file(self) -> str | None:
        """Return the Python file of settings that the command line names."""
        setting = self.profile.file if self.profile else None
        if setting is None:
            return None
        words = (*self._more_arguments, *self.program.arguments)
        return next(iter(reversed(_values(words, setting))), None)

    @property
    def settings_file(self) -> str | None:
        """Return the name of the Python file that sets it up, which need not be there."""
        default = self.profile.file.default if self.profile and self.profile.file else None
        return (self._chosen_file or default or "").removeprefix("file:") or None


def program(command: Sequence[str]) -> Program:
    """Find the server in a command whose placeholders may stand unfilled."""
    first, *others = command
    if not PYTHON.fullmatch(PurePath(first).name):
        return Program((first,), tuple(others), script=PurePath(first).name)
    at = 1
    while at < len(command) and command[at].startswith("-"):
        word = command[at]
        if word == "-m":
            words, arguments = tuple(command[: at + 2]), tuple(command[at + 2 :])
            return Program(words, arguments, module=command[at + 1] if others[at:] else None)
        if word.startswith("-m"):
            return Program(tuple(command[: at + 1]), tuple(command[at + 1 :]), module=word[2:])
        at += 2 if word in TAKES_A_WORD else 1
    script = PurePath(command[at]).name if at < len(command) else None
    return Program(tuple(command[: at + 1]), tuple(command[at + 1 :]), script=script)


def _values(words: Sequence[str], setting: Setting) -> list[str]:
    """List what the flags of a setting are given, in any spelling: -w 4, -w4, --workers=4."""
    values = []
    for word, following in zip_longest(words, words[1:]):
        for flag in setting.flags:
            if word == flag:
                values.append(following or "")
            elif value := _value_in(word, flag):
                values.append(value)
    if setting.part is None:
        return values
    return [match[1] for value in values if (match := re.search(setting.part, value))]


def _value_in(word: str, flag: str) -> str:
    """Return the value that is written in one word with its flag; empty where it is not."""
    if flag.startswith("--"):
        return word.removeprefix(f"{flag}=") if word.startswith(f"{flag}=") else ""
    return word.removeprefix(flag).removeprefix("=") if word.startswith(flag) else ""


def _without(words: Sequence[str], flags: Sequence[str]) -> tuple[str, ...]:
    """Leave out flags and what they are given."""
    kept = []
    left = iter(words)
    for word in left:
        if word in flags:
            next(left, None)
        elif not any(_value_in(word, flag) for flag in flags):
            kept.append(word)
    return tuple(kept)


def _assignments(text: str, name: str) -> Iterator[str | None]:
    """Yield what a Python file assigns to a name: a literal, or None where it takes running it."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        yield None
        return
    places = [node for node in ast.walk(tree) if _may_set(node, name)]
    literals = [_literal(node, name) for node in tree.body]
    plain = [value for value in literals if value is not None]
    if len(places) == len(plain):
        yield from plain[-1:]
    else:
        yield None


def _may_set(node: ast.AST, name: str) -> bool:
    """Tell whether a node sets a name, or may do so by importing everything."""
    match node:
        case ast.Name(id=target, ctx=ast.Store()):
            return target == name
        case ast.alias(name=imported, asname=alias):
            return "*" in imported or name == (alias or imported)
    return False


def _literal(node: ast.stmt, name: str) -> str | None:
    """Return the literal of `name = 4`; None of any other statement."""
    match node:
        case ast.Assign(
            targets=[ast.Name(id=target)], value=ast.Constant(value=(int() | str()) as value)
        ):
            return str(value) if target == name else None
    return None

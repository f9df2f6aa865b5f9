"""How a deployment launches its server, read from its command, variables and files. Pure.

What only running the server would tell is None, never a guess.
"""

import ast
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import PurePath

from harness.core.errors import BenchError
from harness.core.server_profiles import PROFILES, Profile, Setting

# Options of Python whose value is the next word; see `python --help`.
OPTIONS_WITH_VALUE = ("-W", "-X", "--check-hash-based-pycs")

PYTHON = re.compile(r"\{python\}|(python|pypy)(\d+(\.\d+)?t?)?")


@dataclass(frozen=True, slots=True)
class Program:
    """What a command starts: the words up to the server's name, and the arguments after it.

    `module` is that name after `python -m`, `script` that of an executable or a Python file.
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
    of the Python file that sets it up, None where none can be read.
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
        """Return how many worker processes it starts; None where that is unknown."""
        return self._number(self.profile.workers if self.profile else None)

    @property
    def threads(self) -> int | None:
        """Return how many threads serve in each worker; None where that is unknown."""
        return self._number(self.profile.threads if self.profile else None)

    @property
    def backlog(self) -> int | None:
        """Return how long its listen queue is; None where that is unknown."""
        return self._number(self.profile.backlog if self.profile else None)

    @property
    def lifetime(self) -> int | None:
        """Return after how many requests a worker ends, 0 for never; None while unknown."""
        return self._number(self.profile.lifetime if self.profile else None)

    @property
    def packages(self) -> tuple[str, ...]:
        """Return the distributions that serve, by the profile and by what the command selects."""
        if self.profile is None:
            return ()
        optional = (
            choice.packages.get(self.value(choice.setting) or "", ())
            for choice in self.profile.choices
        )
        chosen = chain.from_iterable((*optional, self._extras))
        return tuple(dict.fromkeys((*self.profile.packages, *chosen)))

    @property
    def modules(self) -> tuple[str, ...]:
        """Return the import packages whose distributions only the interpreter can look up.

        These are an unknown server, and the classes that the command names.
        """
        own = () if self.profile or not self.program.module else (self.program.module,)
        choices = self.profile.choices if self.profile else ()
        values = [self.value(choice.setting) or "" for choice in choices]
        return tuple(name.partition(".")[0] for name in (*own, *(v for v in values if "." in v)))

    @property
    def imports(self) -> tuple[str, ...]:
        """Return the import packages without which it does not start.

        These are its own, and what its command selects by name; what it takes if it is there is
        none of them.
        """
        own = (self.program.module,) if self.program.module else ()
        choices = self.profile.choices if self.profile else ()
        chosen = [(next(self._sources(each.setting), None) or "", each) for each in choices]
        selected = (
            value for value, each in chosen if "." in value or value in each.packages.get(value, ())
        )
        names = (*own, *selected, *self._extras)
        return tuple(dict.fromkeys(name.partition(".")[0] for name in names))

    @property
    def _extras(self) -> tuple[str, ...]:
        """Return the packages that its flags bring, whatever their values."""
        extras = self.profile.extras if self.profile else {}
        flags = {word.partition("=")[0] for word in self.program.arguments}
        return tuple(chain.from_iterable(extras[flag] for flag in extras if flag in flags))

    @property
    def scripts(self) -> tuple[str, ...]:
        """Return the executable of an unknown server, which may lead to its distribution."""
        return () if self.profile or not self.program.script else (self.program.script,)

    def ends_cleanly(self, status: int) -> bool | None:
        """Return whether a server that is asked to end may end with a status; None if unknown."""
        return status in self.profile.clean_exits if self.profile else None

    def with_one_worker(self) -> tuple[str, ...]:
        """Return the words of the command with one worker, however many it asks for."""
        workers = self.profile.workers if self.profile else None
        words = self.program.words
        arguments = self.program.arguments
        if workers is None or self.workers == 1:
            return (*words, *arguments)
        return (*words, workers.spelling(1), *_without(arguments, workers.flags))

    def with_lifetime(self, requests: int) -> tuple[str, ...] | None:
        """Return the words of the command with workers that end after so many requests.

        None where the server has no such setting.
        """
        lifetime = self.profile.lifetime if self.profile else None
        return None if lifetime is None else self.with_values({lifetime: requests})

    def with_values(self, values: Mapping[Setting, int | str]) -> tuple[str, ...]:
        """Return the words of the command with settings of its profile, whatever it says of them.

        What stands on the command line goes before files and variables.
        """
        flags = [flag for setting in values for flag in setting.flags]
        rest = _without(self.program.arguments, flags)
        chosen = (setting.spelling(value) for setting, value in values.items())
        return (*self.program.words, *rest, *chosen)

    def value(self, setting: Setting) -> str | None:
        """Return the value of a setting: the first place that says anything decides.

        None where that is unclear.
        """
        return next(self._sources(setting), setting.default)

    def _number(self, setting: Setting | None) -> int | None:
        value = self.value(setting) if setting else None
        return int(value) if value is not None and value.isdecimal() else None

    def _sources(self, setting: Setting) -> Iterator[str | None]:
        """Yield what each place says about a setting, the strongest first; None where unclear."""
        yield from reversed(_values(self.program.arguments, setting))
        yield from reversed(_values(self._more_arguments, setting))
        if setting.key:
            yield from self._by_file(setting.key)
        yield from (self.variables[name] for name in setting.variables if name in self.variables)
        if self._opaque:
            yield None

    @property
    def _more_arguments(self) -> tuple[str, ...]:
        """Return the words of the command line that a variable holds.

        Raise BenchError where its quotes do not match, as the server would.
        """
        name = self.profile.arguments if self.profile else None
        if name is None:
            return ()
        try:
            return tuple(shlex.split(self.variables.get(name, "")))
        except ValueError as error:
            raise BenchError(
                f"environment: {name} = {self.variables[name]!r}: {error}; mend its quotes"
            ) from None

    @property
    def _opaque(self) -> bool:
        """Return whether a file that is not read here may set anything."""
        names = self.profile.opaque if self.profile else ()
        return any(
            word.partition("=")[0] in names or word.endswith(tuple(n for n in names if n[0] == "."))
            for word in self.program.arguments
        )

    def _by_file(self, key: str) -> Iterator[str | None]:
        """Yield what the file of settings says; None where the command names an unread one."""
        if self.settings is not None:
            yield from _assignments(self.settings, key)
        elif self._file_option:
            yield None

    @property
    def _file_option(self) -> str | None:
        """Return the Python file of settings that the command line names."""
        setting = self.profile.file if self.profile else None
        if setting is None:
            return None
        words = (*self._more_arguments, *self.program.arguments)
        return next(iter(reversed(_values(words, setting))), None)

    @property
    def settings_file(self) -> str | None:
        """Return the name of the Python file that sets it up, which need not exist."""
        default = self.profile.file.default if self.profile and self.profile.file else None
        return (self._file_option or default or "").removeprefix("file:") or None


def program(command: Sequence[str]) -> Program:
    """Return the server that a command starts; its placeholders need not be filled."""
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
        at += 2 if word in OPTIONS_WITH_VALUE else 1
    script = PurePath(command[at]).name if at < len(command) else None
    return Program(tuple(command[: at + 1]), tuple(command[at + 1 :]), script=script)


def _values(words: Sequence[str], setting: Setting) -> list[str]:
    """Return the values of a setting's flags, in any spelling: -w 4, -w4, --workers=4."""
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
    """Return the value of a flag that stands in the same word; empty where none does."""
    if flag.startswith("--"):
        return word.removeprefix(f"{flag}=") if word.startswith(f"{flag}=") else ""
    return word.removeprefix(flag).removeprefix("=") if word.startswith(flag) else ""


def _without(words: Sequence[str], flags: Sequence[str]) -> tuple[str, ...]:
    """Return words without some flags and their values."""
    others = []
    rest = iter(words)
    for word in rest:
        if word in flags:
            next(rest, None)
        elif not any(_value_in(word, flag) for flag in flags):
            others.append(word)
    return tuple(others)


def _assignments(text: str, name: str) -> Iterator[str | None]:
    """Yield what a Python file assigns to a name: a literal; None where only running it tells."""
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
    """Return whether a node sets a name, or may do so by importing everything."""
    match node:
        case ast.Name(id=target, ctx=ast.Store()):
            return target == name
        case ast.alias(name=imported, asname=alias):
            return "*" in imported or name == (alias or imported)
    return False


def _literal(node: ast.stmt, name: str) -> str | None:
    """Return the literal of `name = 4`; None for any other statement."""
    match node:
        case ast.Assign(
            targets=[ast.Name(id=target)], value=ast.Constant(value=(int() | str()) as value)
        ):
            return str(value) if target == name else None
    return None

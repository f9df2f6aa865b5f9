"""Whether deployments serve the same: their facts, and their answers. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from harness.core.fields import canonical
from harness.core.plan import Deployment

PIECE = re.compile(r"[^\n,>]*[\n,>]?")
"""A line, an HTML tag with the text before it, or an entry of a JSON list."""

MOST_SHOWN = 80

VERSIONS = ("python", "django", "packages")
"""The facts that are versions."""


def difference(one: Sequence[str], other: Sequence[str]) -> str:
    """Return the first piece that one side always answers and the other never; empty without.

    Each side has several answers to the same request. A piece that is not in all of one side's,
    such as a token or the time, says nothing of the sides.
    """
    for always, never in ((one, other), (other, one)):
        for piece in _constant(always):
            if not any(piece in _pieces(text) for text in never):
                return repr(piece.strip()[:MOST_SHOWN])
    return ""


def of_facts(served: Mapping[str, Mapping[str, str]], but: Collection[str] = ()) -> tuple[str, ...]:
    """Return which facts `but` some differ between deployments; one without facts cannot differ."""
    names = dict.fromkeys(name for facts in served.values() for name in facts if name not in but)
    texts = []
    for fact in names:
        values: dict[str, list[str]] = {}
        for deployment, facts in served.items():
            if not facts:
                continue
            values.setdefault(facts.get(fact, "none"), []).append(deployment)
        if len(values) > 1:
            sides = (f"{value or 'empty'} ({', '.join(whose)})" for value, whose in values.items())
            texts.append(f"{fact} is {'; '.join(sides)}")
    return tuple(texts)


def of_settings(
    served: Mapping[str, Mapping[str, str]], but: Collection[str] = ()
) -> tuple[str, ...]:
    """Return which facts differ between the deployments that serve Django, else between all.

    What another framework serves has no settings to differ by.
    """
    django = {name: facts for name, facts in served.items() if "django" in facts}
    return of_facts(django or served, but)


def version_facts(deployments: Iterable[Deployment]) -> tuple[str, ...]:
    """Return the facts by which deployments may differ, since the plan names versions of some."""
    return VERSIONS if any(each.has_versions for each in deployments) else ()


def of_versions(
    served: Mapping[str, Mapping[str, str]], deployments: Sequence[Deployment]
) -> tuple[str, ...]:
    """Return which versions differ, where the plan names versions of some deployments.

    A package that only some of them have does not count, unless the plan requires it: what else
    the application's own environment holds, it need not serve by.
    """
    if not version_facts(deployments):
        return ()
    versions = {name: _versions(facts) for name, facts in served.items() if facts}
    required = {name for each in deployments for name in each.requirement_names}

    def counts(package: str) -> bool:
        return package in required or all(package in each for each in versions.values())

    return of_facts(
        {
            name: {package: version for package, version in each.items() if counts(package)}
            for name, each in versions.items()
        }
    )


def _versions(facts: Mapping[str, str]) -> dict[str, str]:
    """Return the versions of Python and of each package in some facts."""
    packages = (each.rpartition(" ") for each in facts.get("packages", "").split(", "))
    by_name = {canonical(name): version for name, _, version in packages if name}
    return {"python": facts.get("python", "")} | by_name


def without_django(served: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    """Return that some deployments serve something else where others serve Django; else nothing."""
    names = [name for name, facts in served.items() if facts and "django" not in facts]
    if not names or not any("django" in facts for facts in served.values()):
        return ()
    return (f"{', '.join(names)} {'serves' if len(names) == 1 else 'serve'} without Django",)


def _constant(texts: Sequence[str]) -> list[str]:
    """Return the pieces that all texts have, in the order of the first."""
    others = [set(_pieces(text)) for text in texts[1:]]
    return [piece for piece in _pieces(texts[0]) if all(piece in other for other in others)]


def _pieces(text: str) -> list[str]:
    return [piece for piece in PIECE.findall(text) if piece.strip()]

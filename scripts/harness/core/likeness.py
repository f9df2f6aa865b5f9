"""Whether deployments serve the same: their facts, and their answers. Pure."""

import re
from collections.abc import Collection, Mapping, Sequence

PIECE = re.compile(r"[^\n,>]*[\n,>]?")
"""A line, an HTML tag with the text before it, or an entry of a JSON list."""

MOST_SHOWN = 80


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


def _constant(texts: Sequence[str]) -> list[str]:
    """Return the pieces that all texts have, in the order of the first."""
    others = [set(_pieces(text)) for text in texts[1:]]
    return [piece for piece in _pieces(texts[0]) if all(piece in other for other in others)]


def _pieces(text: str) -> list[str]:
    return [piece for piece in PIECE.findall(text) if piece.strip()]

"""Write a plan as TOML: what harness.core.plan_file reads back as the same plan. Pure."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.core.plan import Plan

TABLES = ("deployments", "scenarios", "events")
"""The lists of a plan, of which each entry is a table of its own."""


def text(plan: Plan) -> str:
    """Return a plan as TOML. Its paths are absolute: they hold wherever the file is."""
    content = _absolute(plan.model_dump(exclude_defaults=True, by_alias=True))
    own = {key: value for key, value in content.items() if not isinstance(value, dict)}
    lines = [f"{key} = {_value(value)}" for key, value in own.items() if key not in TABLES]
    for key, value in content.items():
        if isinstance(value, dict):
            lines += _table(f"[{key}]", value)
    for key in TABLES:
        for entry in content.get(key, ()):
            lines += _table(f"[[{key}]]", entry)
    return "\n".join(lines) + "\n"


def _absolute(value: Any) -> Any:
    """Return a value in which each path is an absolute one, as text."""
    match value:
        case Path():
            return str(value.absolute())
        case dict():
            return {key: _absolute(each) for key, each in value.items()}
        case list() | tuple():
            return [_absolute(each) for each in value]
    return value


def _table(heading: str, content: dict[str, Any]) -> Iterator[str]:
    yield ""
    yield heading
    yield from (f"{key} = {_value(value)}" for key, value in content.items())


def _value(value: Any) -> str:
    """Return a value as TOML has it in one line; its strings are those of JSON."""
    match value:
        case dict():
            pairs = (f"{json.dumps(key)} = {_value(each)}" for key, each in value.items())
            return f"{{ {', '.join(pairs)} }}" if value else "{}"
        case list():
            return f"[{', '.join(map(_value, value))}]"
    # JSON leaves one control character as it is that TOML does not have in a line.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

"""Mutations: each can be put into the application as it stands, and the rest stays as it is."""

import compileall
from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.rig import mutations
from harness.rig.mutations import Mutation, Patch

MUTATIONS = [each for each in vars(mutations).values() if isinstance(each, Mutation)]


@pytest.mark.parametrize(
    "mutation", [*MUTATIONS, mutations.costly(0.001)], ids=lambda each: each.name
)
def test_a_mutation_changes_the_files_that_it_names_and_no_other(
    mutation: Mutation, tmp_path: Path
) -> None:
    """In a copy that still is Python; the application itself is not touched."""
    before = sources(Path("app"))
    copy = sources(mutation.copy(Path("app"), tmp_path / "app"))
    changed = {name for name, source in copy.items() if source != before[name]}
    assert changed == {patch.file for patch in mutation.patches}
    assert compileall.compile_dir(tmp_path / "app", quiet=2)
    assert sources(Path("app")) == before


def test_a_passage_that_has_changed_is_named_with_its_file(tmp_path: Path) -> None:
    """A fault that is not put in must not count as one that nobody noticed."""
    patch = Patch("config/urls.py", "no such line\n", "")
    message = r"config/urls.py: 'no such line' is not there once, so no fault can be put in; adapt"
    with pytest.raises(BenchError, match=message):
        Mutation("none", (patch,)).copy(Path("app"), tmp_path / "app")


def sources(application: Path) -> dict[str, str]:
    """Read the files of an application, by their names."""
    paths = (path for path in application.rglob("*") if "__pycache__" not in path.parts)
    return {
        str(path.relative_to(application)): path.read_text() for path in paths if path.is_file()
    }

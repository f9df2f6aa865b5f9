"""What Locust notes of a locustfile: a line that loadtests/_notes.py writes."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Note:
    """One line for a person; `about` is a word that tells notes apart.

    After one that was `refused` Locust never began, after one that `failed` it ended under way.
    """

    kind: Literal["note", "refused", "failed"]
    about: str
    text: str

    @property
    def ends(self) -> bool:
        """Return whether Locust ended for it."""
        return self.kind != "note"

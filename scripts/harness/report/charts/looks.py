"""How deployments are drawn, so that they stay apart for every eye, and in grey."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """How one deployment is drawn: distinct by colour and by marker, so also in grey.

    WSGI is solid, ASGI dashed. `key` is its id, the same in all charts of a run.
    """

    colour: str
    marker: str
    dashes: tuple[float, ...]
    key: str = ""


# Blue and vermillion of Okabe & Ito (2008) stay apart for colour-blind eyes; shades of each.
WSGI = (
    Look("#0072B2", "o", ()),
    Look("#00385A", "^", ()),
    Look("#5FB0E5", "v", ()),
    Look("#3E5C76", "h", ()),
    Look("#17919B", "<", ()),
    Look("#8AA4C8", ">", ()),
)
ASGI = (
    Look("#D55E00", "s", (4, 2)),
    Look("#7F3300", "D", (2, 1.2)),
    Look("#F2A25C", "P", (4, 1.5, 1, 1.5)),
    Look("#A8577E", "X", (1, 1.2)),
    Look("#B3221A", "p", (4, 1.5, 1, 1.5, 1, 1.5)),
    Look("#D9B44A", "*", (2, 3)),
    Look("#5C1F2E", "d", (4, 4)),
    Look("#B08060", "8", (1, 3)),
)

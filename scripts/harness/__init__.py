"""The harness: eight wings, each of which imports only from those to its right.

    terminal -> report -> { runs | checks } -> measure -> rig -> host -> core

What a request becomes on its way from a client to a page:

1. `core` holds the nouns: a plan, its blocks and trials, what was measured of them, a summary.
2. `host` says what this machine is, makes room on it, and starts processes that never outlive us.
3. `rig` starts what a block needs (server, upstream, Locust, meter) and yields plateaus as they
   end.
4. `measure` turns the rows of one plateau into a measurement, and gates say whether to trust it.
5. `runs` carries a plan out trial by trial, keeps it on disk, summarises and compares it.
6. `checks` serves two revisions at once and judges HEAD against BASE.
7. `report` puts numbers into sentences, tables, charts and pages.
8. `terminal` prints what a verb has to say.

import-linter holds the direction (pyproject.toml); each wing's own docstring goes on from here.
"""

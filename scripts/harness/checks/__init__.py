"""HEAD against BASE: is the change slower, and how sure is that?

1. `revisions` checks both out side by side, each with an environment of its own where it needs one.
2. `execute` goes round after round, each on fresh servers; `interleave` loads both in turn and
   yields pairs of turns.
3. `judge` puts each metric of each cell to the test; `sequential` is the arithmetic of looking more
   than once; `self_comparison` sets BASE against itself.
4. `instructions` counts what a request executes, which no neighbour can disturb.
5. `outcome` sums all up to one verdict and exit status; `store` and `latency_log` keep the turns.
6. `self_check` and `power_simulation` test the check itself: what it finds, how often it alarms.

In come two git refs and a plan; out comes a `outcome.Check`, which `report` writes as documents.
"""

"""HEAD against BASE: is the change slower, and how sure is that?

1. `revisions` checks both out side by side, each with an environment of its own where it needs one.
2. `execute` goes round after round, each on fresh servers; `interleave` starts both sides at once,
   loads them in turn and yields pairs of turns (`turn`).
3. `starts` sums up the turns of a start, which is the unit; `metric` says what is judged; `judge`
   puts each metric to the test; `sequential` is the arithmetic of estimates and of looking more
   than once; `cells` takes all cells together, with what flags do to a verdict.
4. `instructions` counts what a request and a start execute, which no neighbour can disturb.
5. `outcome` sums all up to one verdict and exit status; `store` and `latency_log` keep the turns;
   `self_comparison` sets BASE against itself.
6. `self_check` tests the check with real servers; `simulation` draws checks that never ran, for
   `power_simulation` (how often it alarms, what it finds) and `simulated_faults`.
7. `proof` carries out whole checks of faults that each must find; `mutant_instructions` counts what
   faults cost, for the mutation score.

In come two git refs and a plan; out comes a `outcome.Check`, which `report` writes as documents.
"""

"""A plan carried out, stored, summarised, compared, and followed over time.

1. `start` begins a run, or resumes one that was stopped.
2. `execute` carries out its blocks in their order, each on a fresh server, and appends a record as
   each trial ends.
3. `store` is the run on disk: run.json (`facts`), trials.csv (`trial_row`), the rows of each block.
4. `summarise` makes samples over rounds of the records; `compare` divides ASGI by WSGI, and labels
   of one deployment by each other; `connection_cost` fits what a connection costs,
   `memory` what requests in flight take and whether it leaks, `framework_cost` has what a
   framework does, `league` the ranks of servers, `workers` how the load spread over several of
   them; `service_demand` is the CPU time of a request, `predictions` what that of one load step
   predicts of the others.
5. `entry` condenses a finished run to a line of the `history`; `drift` compares it with a baseline,
   `trends` and `changepoints` follow many of them.
6. `mutants` are trials with a fault that was put in, for the mutation score.
7. `claims` holds ratios of a run against what a published claim predicts.
8. `execution_models` carries out models without a server, round by round.
9. `deploys` puts each server of a plan through its events, each on a fresh start.
10. `capacity` searches for the highest load that each deployment holds, trial by trial.
11. `advice` makes two plans of one: what requests take (`demand`), and the `reach` of the servers
    that may be best.
12. `profiles` has the stacks of each server sampled, after all that is measured.
13. `adopt` finds out, by trying, how a stranger's project is served, for a plan of its own.

In comes a plan; out come a folder and a summary of numbers. Sentences are made in `report`.
"""

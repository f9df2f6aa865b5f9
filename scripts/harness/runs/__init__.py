"""A plan carried out, kept, summarised, compared, and followed over time.

1. `start` begins a run, or takes up one that was stopped.
2. `execute` does its blocks in their order, each on a fresh server, and appends a record as each
   trial ends.
3. `store` is the run on disk: run.json (`facts`), trials.csv (`trial_row`), the rows of each block.
4. `summarise` gathers records into samples over rounds; `compare` sets ASGI over WSGI and labels of
   one deployment over each other; `connection_cost` fits what a connection costs.
5. `entry` condenses a finished run to a line of the `history`; `drift` sets it beside a baseline,
   `trends` and `changepoints` follow many of them.

In comes a plan; out come a folder and a summary of numbers. Sentences are made in `report`.
"""

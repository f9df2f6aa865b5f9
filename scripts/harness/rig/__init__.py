"""What a trial needs, as child processes: started together, watched together, gone together.

1. `session` starts all that a block needs and returns each plateau as it ends, or says what died.
2. `servers` serves the application by a deployment's command and waits until it is ready;
   `upstream` is the service that the application calls, `database` the PostgreSQL that it asks
   (`postgres` serves one), with a count of its connections.
3. `preflight` looks at a site before it is measured: what its entry points serve, as
   `harness.host.site` imports them, and what the deployments answer to the scenarios
   (`first_answers`, `answers`); `paces` guesses how fast its pages come.
4. `generator` runs Locust with the plug-ins of `loadtests/`; `request_log` reads its rows as they
   come, `live` what it says of itself once a second.
5. `meter` reads CPU time, memory, threads, connections and kernel counters of both sides;
   `canaries` note how fast their cores are, `probe` when a served Python process stood still and,
   in preflight, what the views of a site raised.
6. `ground_truth` is a server whose delays are known; `slowdown` makes an application slower by a
   known share; `mutations` puts faults into its source: with them the suite tests itself.
7. `execution_models` starts a program of `models/` and reads what became of its tasks.
8. `events` sends a server under load the signal of an event, and starts it again where it ends.
9. `profiler` has py-spy sample the stacks of a server.
10. `places` is where a plan's deployments are served: here, or on `hosts` that are reached by ssh,
   where an `agent` does the same; `link` measures the way between them.

In come a block and the cores; out come plateaus, rows of requests and rows of usage.
The served application imports `slowdown` from here, so this file imports nothing.
"""

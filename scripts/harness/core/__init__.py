"""Values, without process or clock: what all other wings speak in.

1. In comes the text of a plan (`plan_file`), checked whole and turned into a `plan.Plan`, whose
   values are those of `fields`.
2. `schedule` lays it out as blocks in an order drawn from its seed; `command` fills in a
   deployment's command line; a `trial.Block` has one `trial.Trial` for each load step. `launch`
   reads in that command which server it starts and how, by the table in `server_profiles`.
3. What Locust leaves of a trial is a `trial.Plateau` and rows with the columns of `request_row`.
   A trial that has ended is a `record.Record`: its measurement, and the gates that it failed
   (`gate`).
   `metrics` has an entry for each number of a measurement: title, unit, how rounds are summed up,
   where it is shown, how a check judges it.
4. `statistics`, `bounds` and `closed_network` are the arithmetic: percentiles, spreads, ratios,
   what theory allows, and what it predicts.
5. `execution_models` are ways to work on many tasks without a server, and what theory says of each.
6. `candidates` are servers that may serve an application, with what the model expects of each,
   `advice` which of them to run. `plan_text` writes a plan.
7. `deploys` is an event against a server under load, and what became of the requests.
   `capacity` is the search for the highest load that is held, one outcome after the other,
   `holding` what it came to, `cpu_profile` where the CPU time of a server went.
8. Out goes a `summary.Summary`: cells over rounds, comparisons, costs, each `prediction`,
   what `memory` each deployment takes.
9. `units` and `labels` say one number, one load, one cell the same way everywhere.

Everything is frozen. What a user did wrong is an `errors.BenchError`, in one line with its cure
(`validation` words what pydantic finds).
"""

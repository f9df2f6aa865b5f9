"""What the verbs print, a module for each; `terminal` is what they share.

1. `terminal` has the streams, the argument parser, and the one way a verb is carried out: SIGTERM
   and Ctrl-C end it tidily, a `BenchError` is one line and status 2.
2. `bench` shows the `progress` of a run and prints its end: a table, the answer, the report's path;
   `check`, `self_check`, `calibrate`, `history`, `scenario`, `init`, `models`, `deploys`,
   `capacity` and `advise` print what theirs come to.

In come values; out come lines. A verb in `scripts/` calls these and nothing else to print.
"""

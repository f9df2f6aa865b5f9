"""What the verbs print, a module for each; `terminal` is what they share.

1. `terminal` has the two streams, the argument parser, and the one way a verb is carried out:
   SIGTERM and Ctrl-C end it tidily, a `BenchError` is one line and status 2.
2. `bench` follows a run and prints its verdict; `check`, `self_check`, `calibrate`, `history`,
   `scenario`, `init` and `models` do so for theirs.

In come values; out come lines. A verb in `scripts/` calls these and nothing else to print.
"""

"""From the rows of one plateau to numbers, and to doubts where they cannot be trusted.

1. `window` is the measured time of a plateau, with what server, generator and machine used in it.
2. `measurement` computes latencies, rates and queueing of the requests sent within it;
   `breakdown` says where a request's time went, `accounting` who counted what, `arrivals` whether
   requests came independently, `memory` by how much the server's grew.
3. `gates` tests the trial; each gate that fails is a doubt.
4. `calibration` measures the measurer against `rig.ground_truth`; `envelope` says up to which rate
   its figures are right, `coordinated_omission` what a freeze does to them, `overhead` what
   recording and the probe cost.
5. `cores` says how fast the cores were and who else used them, `stops` when a server stood still;
   `timeline` follows one block second by second, `clocks` says how far those of hosts may differ,
   `lanes` its first requests one by one.
6. `execution_models` sums up repetitions without a server, beside theory.
7. `deploys` counts what became of numbered requests around an event.
8. `cpu_profile` sums up the sampled stacks of a server by who wrote their innermost code.

In come rows and a plateau; out come a measurement, doubts and an envelope. Nothing here prints.
"""

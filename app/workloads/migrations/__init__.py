"""The tables of the workloads."""

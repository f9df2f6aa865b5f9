"""The charts: the only place that knows matplotlib.

1. `registry` lists the charts, draws those that apply, and saves them.
2. `data` prepares what a chart shows of one scenario: colours, points, ranges, bounds.
3. `figure` and `axes` are the sheet, its axes and its marks: alike in every chart.
4. Each other module is one chart: `run` those of every run, `breakdown`, `slots`, `many_clients`,
   `connection_cost`, `forest` of a check, `trend` over runs, `execution_models` without a server.
"""

"""The charts: the only place that knows matplotlib.

1. `registry` lists the charts, draws those that apply, and saves them.
2. `data` prepares what a chart shows of one scenario: points, ranges, bounds; `looks` how each
   deployment is drawn.
3. `figure`, `axes` and `line_names` are the sheet, its axes and its marks: alike in every chart.
4. `panels` takes a figure apart for the page: a `drawing` of small SVGs (`svg`) in variables
   (`colours`), what each point says (`words`), and its key (`swatches`).
5. Each other module is one chart: `run` those of every run, `breakdown`, `slots`, `trade_off`,
   `many_clients`, `connection_cost`, `cpu_profile`, `lanes` of single requests (`moving_lanes` for
   talks), `forest` of a check, `trend` over runs, `execution_models` without a server.
"""

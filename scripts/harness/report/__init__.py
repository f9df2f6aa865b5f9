"""Every sentence, table, chart and page.

1. `write` reads a run's files, summarises and narrates them, and writes summary.json, the charts
   and both pages.
2. `narrate` makes the sentences: `answers` the verdict on each `contest`, `in_short` that in three,
   `open_loop` that of open loops, `noise_floor` what cannot be told apart, `core_speed` what the
   cores explain, `stops` when servers stood still, `objectives` which load met one, `threads` how
   many hold as much as an event loop, `bridges` what the other interface costs, `predictions` how
   well the model predicts, `advice` what to run, `memory` who leaks, `limitations` what is not
   shown, what else differs and which results are missing.
3. `tables` sets numbers out in rows, `overview` those of a whole run at a glance, `side_by_side`
   those of two runs, `league` those of servers by rank, `frameworks` those of frameworks beside
   their ground, `cpu_profile` where CPU time goes; `calculator` has the model for a reader's own
   numbers; `wording` has the phrases that several sentences share.
4. `charts` draws; `sections` lists the parts of the report and the sections of each (`section`);
   `page` puts all into the templates, everything escaped.
5. `check_documents` writes a check as Markdown, JSON, JUnit and what CI tools read;
   `mutation_score` which faults were noticed.
6. `claims` lists what others have published, `assessment` writes what a run makes of it.
7. `lanes` says of single requests what is drawn of them.
8. `execution_models` has tables of those and fills in the page that quotes them;
   `execution_model_files` keeps them.
9. `deploys` has a table for each server that was deployed under load; `deploy_files` keeps them.
10. `capacity` words how much load deployments hold; `capacity_files` keeps it.

In come numbers; out come files for people. Nothing here measures or decides.
"""

"""Every sentence, table, chart and page.

1. `write` reads a run's files, summarises and narrates them, and writes summary.json, the charts
   and both pages.
2. `narrate` makes the sentences: `answers` the verdict, `open_loop` that of open loops,
   `noise_floor` what cannot be told apart, `core_speed` what the cores explain, `stops` when
   servers stood still, `objectives` which load met one, `bridges` what the other interface costs,
   `limitations` what is not shown, what else differs and which results are missing.
3. `tables` sets numbers out in rows; `wording` has the phrases that several sentences share.
4. `charts` draws; `page` puts all into the templates, everything escaped.
5. `check_documents` writes a check as Markdown, JSON, JUnit and what CI tools read;
   `mutation_score` which faults were noticed.
6. `claims` lists what others have published, `assessment` writes what a run makes of it.
7. `execution_models` has tables of those and fills in the page that quotes them;
   `execution_model_files` keeps them.

In come numbers; out come files for people. Nothing here measures or decides.
"""

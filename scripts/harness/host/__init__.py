"""The machine: what it is, what it allows, and the processes that run on it.

1. `machine` splits the cores into those that serve and those that load, and lists the facts that
   must match before two runs may be compared, with the versions of the servers that `launches`
   reads from the plan; `needs` says which deployments it cannot serve.
2. `kernel` reads what the kernel allows, `limits` holds it against what a plan needs, and
   `prepare` raises what may be raised for the time of a run and puts it back.
3. `cpus` reads what kept the cores busy, what held them back and how fast they may be.
4. `processes` starts a child in a group of its own, pinned to its cores, and reaps the whole group.
5. `site` imports an entry point in the site's own interpreter, and runs the commands that prepare
   the site; `project` and `interpreters` read from files how a project is likely served, and by
   which Python.
6. `packages` names what a deployment cannot start without, and the command that installs it.
7. `browser` shows a page to whoever sits at the machine.
8. `sockets` asks the kernel about connections, listen queues and their memory.
9. `ssh` reaches another host: runs commands there, copies folders, makes an environment.

In come a plan and a command line; out come facts, room on the machine, and children.
"""

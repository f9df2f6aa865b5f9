"""How long tests wait for what comes at once, unless the machine stands still for a while."""

PATIENCE_S = 100

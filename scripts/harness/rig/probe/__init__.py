"""What a served Python application finds on its path: with a probe, and in preflight.

The folder itself is put on PYTHONPATH, so its modules import nothing of the harness.
"""

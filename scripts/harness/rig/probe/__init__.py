"""What a served Python application finds on its path where its deployment has a probe.

The folder itself is put on PYTHONPATH, so its modules import nothing of the harness.
"""

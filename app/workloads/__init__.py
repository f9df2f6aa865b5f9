"""What one request does: each workload as a sync and as an async view, equal to the last byte."""

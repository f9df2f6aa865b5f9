"""No application: asks the upstream itself as an HttpUser does, which costs more per request."""

from locust import HttpUser, task


class DirectRequests(HttpUser):
    """Ask the upstream for the answer that takes --wait-ms, through requests."""

    @task
    def visit(self) -> None:
        """Send one request."""
        options = self.environment.parsed_options
        self.client.get(f"/?ms={options.wait_ms}", name="/")

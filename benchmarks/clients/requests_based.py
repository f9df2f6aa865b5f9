"""HttpUser as Locust has it, without a pause, asking the upstream for what takes no time."""

from locust import HttpUser, task


class RequestsBased(HttpUser):
    """Ask, and ask again."""

    @task
    def visit(self) -> None:
        """Send one request."""
        self.client.get("/?ms=0", name="/")

"""A page behind a login: each client logs in once, then asks for its account again and again."""

import json

from locust import task

from _client import Client

USER = "reader"
PASSWORD = "reads-books"
"""Whom `manage.py seed` lets in, where a deployment has sessions."""

BODY = json.dumps({"workload": "account", "user": USER}).encode()


class Member(Client):
    """Log in as set-up, which is not measured, and accept no other bytes than the account's."""

    def on_start(self) -> None:
        """Log in by the form, as a browser does."""
        self.await_turn()
        self.log_in(f"/{self.options.views}/login/", username=USER, password=PASSWORD)

    @task
    def visit(self) -> None:
        """Ask for the page once, with the cookie of the session."""
        self.fetch(f"/{self.options.views}/account/", BODY)

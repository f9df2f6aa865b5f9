"""Django's place for commands of an application."""

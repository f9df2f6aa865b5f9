"""The commands: python manage.py NAME."""

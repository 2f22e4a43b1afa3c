"""Static analysis of Django migrations, without Django."""

__version__ = "0.1.0"

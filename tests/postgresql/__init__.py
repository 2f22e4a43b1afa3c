"""Real PostgreSQL servers for the tests, and what migrations do to them, measured."""

"""What migrations do to a live database, and to the release that is still running."""

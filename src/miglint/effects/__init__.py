"""What a migration does to a live database."""

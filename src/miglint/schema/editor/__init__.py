"""What Django's schema editor runs for an operation."""

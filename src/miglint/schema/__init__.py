"""The schema that a history of migrations makes, as Django and the database see it."""

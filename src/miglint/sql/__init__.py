"""SQL: text split into statements, each read as far as it decides about locks, rows and the schema."""

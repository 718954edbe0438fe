"""PostgreSQL: the embedded server, roles and schema, read models and their queries."""

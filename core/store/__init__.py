"""The only place that talks to PostgreSQL: one module per aggregate, named SQL in `queries/`, `migrations/` and their runner."""

"""A case: one alleged crime, from the report to its outcome."""

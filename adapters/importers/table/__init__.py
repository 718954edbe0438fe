"""The import door for any table: a mapping says what its rows and columns mean."""

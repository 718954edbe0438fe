"""The import door: history testifies."""

"""Denominators of a force: its headcount and its recorded crime, as published, outside any inspection."""

"""Misconduct reports: from what somebody told to what came of it for each person it is about."""

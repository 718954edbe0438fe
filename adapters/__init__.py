"""Doors and walls: everything that touches the world outside."""

"""Inspections of how a force records crime: sample, judgement, estimate, and what came of it."""

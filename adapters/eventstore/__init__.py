"""The event store, on the recorders of the eventsourcing library."""

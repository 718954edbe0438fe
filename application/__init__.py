"""What can be asked of the system: handle a command, replay a history."""

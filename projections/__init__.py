"""What can be known from the events: pure folds. No I/O, no SQL."""

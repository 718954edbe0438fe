"""Import doors: published files become testimony in the log."""

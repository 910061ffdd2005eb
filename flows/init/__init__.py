"""`init`: from a file nobody has declared to a mapping to complete."""

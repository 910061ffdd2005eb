"""What a person is told of a run without asking, and how it gets there."""

"""What people open: each module reads only the published tables of a run."""

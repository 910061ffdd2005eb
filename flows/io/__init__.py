"""Where bytes come in and go out: the only rooms that touch the disk."""

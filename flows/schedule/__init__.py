"""A run each night: the timetable, and the server that shows the runs."""

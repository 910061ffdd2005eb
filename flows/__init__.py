"""The only rooms that touch the world: disk, clock, environment, Prefect."""

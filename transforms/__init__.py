"""Pure transforms: lazy frames in, lazy frames out; no disk, no clock, no environment."""

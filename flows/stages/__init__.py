"""The stages of a run: plain functions of paths and small plain data."""

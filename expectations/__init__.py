"""What every table must look like. Imports nothing of ours."""

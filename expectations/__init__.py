"""What every table must look like. Imports nothing of ours but what lets Great Expectations start sooner."""

from expectations import unneeded

unneeded.wait()

"""The shipped sample: a made-up French support team, its exports, and the faults planted in them."""

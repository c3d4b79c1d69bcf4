"""Whether a submission runs now, waits for its turn, or cannot run at all. Pure."""

"""What finished, and what it really used."""

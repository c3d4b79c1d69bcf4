"""What a command line will need, by the table of estimates, and what it should ask for instead."""

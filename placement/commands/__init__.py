"""The wrapped commands: what a command line asks for, and where the decided queue goes in it."""

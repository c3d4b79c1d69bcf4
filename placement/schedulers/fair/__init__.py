"""The fair scheduler's allocation file, fair-scheduler.xml."""

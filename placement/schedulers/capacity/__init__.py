"""The capacity scheduler's configuration, capacity-scheduler.xml."""

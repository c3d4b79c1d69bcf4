"""The queues of the schedulers."""

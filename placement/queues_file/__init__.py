"""`queues.yaml`: read into the plain queue tree, with the place of everything, and written."""

"""Notebooks: the decision on a kernel before it starts, and what is shown of it inside."""

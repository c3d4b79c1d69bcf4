"""Bringing a policy to the schedulers: what would change, changing it, and taking it back."""

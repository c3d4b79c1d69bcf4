"""What a submission needs."""

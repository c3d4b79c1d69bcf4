"""What the two schedulers of YARN are told: their files, the queue tree as each of them has it, and what they lack."""

"""A scheduler's file as Hadoop's own classes take it: run in a short JVM, and what they say of it. Adapter."""

"""Wrappers put into a folder, and taken out again. Adapter."""

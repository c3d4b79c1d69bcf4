"""A policy folder looked at as a whole, before anybody relies on it."""

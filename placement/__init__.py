"""One policy says who runs where on a Hadoop cluster; everything that decides reads it."""

__version__ = "0.1.0"

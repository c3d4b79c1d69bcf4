"""The agent of a gateway as its clients and its administrator meet it: socket, protocol, metrics, log. A face."""

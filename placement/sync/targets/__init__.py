"""Where a scheduler takes its configuration from; one module each, all of the shape of `sync.target`. Adapters."""

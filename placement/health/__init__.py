"""What `placement doctor` looks at: each module checks one side of a gateway, and changes nothing. Adapter."""

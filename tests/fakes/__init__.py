"""Stand-ins for ports. Each passes the contract suite of its port, beside the real adapter."""

"""What clips sound like, and which music goes with which clip."""

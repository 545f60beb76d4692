"""What results take on the disk, what is still needed of them, and what may be deleted."""

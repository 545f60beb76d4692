"""Trust in each action unit: its references, and its agreement with them."""

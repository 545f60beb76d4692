"""How far each action unit can be trusted: what it is compared with, and how well it agrees."""

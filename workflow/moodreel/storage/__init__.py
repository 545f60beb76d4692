"""What every file rests on: written whole or not at all, marked by its content, stamped with what made it."""

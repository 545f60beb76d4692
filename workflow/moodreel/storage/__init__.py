"""Storage of files: atomic writing, content marks, stamps, fingerprints of the code, run tokens."""

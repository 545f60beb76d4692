"""What a run has made: written down with hashes and digests, traced back, compared, made again, cleared away."""

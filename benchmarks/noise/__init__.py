"""Studies of pure noise: how often the evaluation or the clusters find something in it."""

"""Studies of pure noise: how often the evaluation and the clusters take it for something."""

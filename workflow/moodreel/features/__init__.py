"""From per-frame tables to features on a time grid: screening, grid, windows, scaling."""

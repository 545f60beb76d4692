"""From scaled features to clusters of windows: embedding, number of clusters, clusters, gallery."""

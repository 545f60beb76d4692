"""Files of other programs, read into our tables and written from them. One module per format."""

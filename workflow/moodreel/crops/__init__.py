"""Square regions of a picture: where they lie, how they are cut out, how a detector finds them. Shared by pose and
face."""

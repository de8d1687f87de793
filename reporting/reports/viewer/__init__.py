"""What the viewer of one report draws from (docs/viewer_description.md). Reads only."""

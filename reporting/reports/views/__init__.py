"""Pages that need several apps: worklist, reading page, images, history, downloads."""

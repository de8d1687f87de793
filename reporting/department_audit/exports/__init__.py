"""Charts as files, and who took which."""

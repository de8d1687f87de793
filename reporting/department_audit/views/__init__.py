"""Pages, files and lists of the department audit."""

"""Key slices as pictures: pixels and label maps in, PNG bytes out. No request, no database."""

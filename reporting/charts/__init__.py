"""Tables and the figures drawn from them, for every app that shows numbers: cells, words, drawings, files."""

"""Composition root: the only package that knows all parts."""

"""Invented signed reports in any number, always the same for a seed: to measure with, and to look at figures with."""

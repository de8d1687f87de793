"""Reader studies that nobody has run yet: drawn again and again from a known truth, and analysed as a real one is."""

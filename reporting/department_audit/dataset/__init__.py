"""Training sets from signed reads and settled truth: de-identified images, labels, where each came from, digests."""

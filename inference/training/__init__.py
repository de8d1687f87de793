"""Makes the weights of ``fixtures/weights``; never imported by what serves."""

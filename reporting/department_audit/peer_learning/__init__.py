"""Peer learning: disagreements and a random sample looked at again by colleagues who do not know whose they are."""

"""The threshold bench: recent signed reports scored again at another operating point."""

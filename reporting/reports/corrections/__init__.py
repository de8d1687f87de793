"""Marks that readers draw on images for training: what each kind may say, where it lies, what training gets of it."""

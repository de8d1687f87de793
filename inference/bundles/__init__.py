"""Networks as MONAI bundles: ours written out, others' read in as what they are, untrusted files."""

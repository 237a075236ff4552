"""One file a claim; each prints the ratio it claims and whether that holds. Not run beside a training."""

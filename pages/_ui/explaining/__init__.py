"""The panels of the Explain page: the map, what it is worth, what happens when the image changes, and comparisons."""

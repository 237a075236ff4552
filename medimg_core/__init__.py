"""MedImg's core: medical images in, predictions with audited explanations out; no user interface in it."""

"""What the pages share. Nothing here imports a page."""

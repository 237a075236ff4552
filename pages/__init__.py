"""One file a page: read the state, call the core, draw."""

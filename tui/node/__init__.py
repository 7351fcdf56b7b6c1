"""The only room that reads a machine; it changes nothing."""

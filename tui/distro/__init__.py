"""Rules of the distributions: which one this is, and which edit lasts (facts/node-layouts.md)."""

"""An assessment as text and as JSON."""

"""imagegc: what a Kubernetes node's image garbage collection really measures, and when it fires."""

__version__ = "0.1.0"
"""The one place for it: pyproject.toml reads it here, since asking the installed metadata costs a report 50 ms."""

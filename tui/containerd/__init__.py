"""containerd's rules: where its root is and why, which files decide it, what lies under it."""

from tui.containerd.resolve import resolve

__all__ = ["resolve"]

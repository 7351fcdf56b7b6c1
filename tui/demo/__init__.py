"""The demo node: a sandbox directory with real files and a simulated kubelet and disk."""

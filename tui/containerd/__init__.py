"""Rules of containerd: configuration, the root's why-chain, what lies under the root (facts/containerd-root.md)."""

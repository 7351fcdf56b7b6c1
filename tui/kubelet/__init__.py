"""Rules of the kubelet: configuration, image GC, eviction, which device is measured, logs (facts/kubelet-gc.md)."""

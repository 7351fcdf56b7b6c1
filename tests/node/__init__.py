"""A real node for the tests: systemd, containerd, disks, pods and a real kubelet (facts/node-lab.md)."""

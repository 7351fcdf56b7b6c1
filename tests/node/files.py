"""The files of a test node: what a container lacks, the seed's kubelet unit, and configurations that run standalone."""

from __future__ import annotations

ENVIRONMENT = (
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL=C.UTF-8",
    "HOME=/root",
    "TERM=xterm-256color",
)

PREPARE_UNIT = """[Unit]
Description=What a container lacks and the daemons need
DefaultDependencies=no
Before=sysinit.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/node-prepare

[Install]
WantedBy=sysinit.target
"""

PREPARE_SCRIPT = """#!/bin/sh
# facts: kubelet and runc fail without these (tests/node)
mknod /dev/kmsg c 1 11
mkdir -p /run/fake
for pair in vm/overcommit_memory=1 kernel/panic=10 kernel/panic_on_oops=1; do
    name=${pair%%=*}; value=${pair#*=}
    echo "$value" > "/run/fake/${name##*/}"
    mount --bind "/run/fake/${name##*/}" "/proc/sys/$name"
done
for each in /sys/fs/cgroup /sys/fs/cgroup/*; do
    mount -o remount,bind,rw "$each"
done
for minor in LOOPS; do
    mknod "/dev/loop$minor" b 7 "$minor"
done
exit 0
"""

KUBELET_UNIT = """[Unit]
Description=Kubernetes Kubelet Server
Documentation=https://github.com/GoogleCloudPlatform/kubernetes
After=containerd.service
Wants=containerd.service

[Service]
EnvironmentFile=-/etc/kubernetes/kubelet.env
ExecStart=/usr/local/bin/kubelet \\
                $KUBE_LOGTOSTDERR \\
                $KUBE_LOG_LEVEL \\
                $KUBELET_API_SERVER \\
                $KUBELET_ADDRESS \\
                $KUBELET_PORT \\
                $KUBELET_HOSTNAME \\
                $KUBELET_ARGS \\
                $DOCKER_SOCKET \\
                $KUBELET_NETWORK_PLUGIN \\
                $KUBELET_VOLUME_PLUGIN \\
                $KUBELET_CLOUDPROVIDER
Restart=always
RestartSec=10s

[Install]
WantedBy=multi-user.target
"""

KUBELET_ENV = """KUBE_LOGTOSTDERR="--logtostderr=true"
KUBE_LOG_LEVEL="--v={verbosity}"
KUBELET_HOSTNAME="--hostname-override=node1"
KUBELET_ARGS="--config=/etc/kubernetes/kubelet-config.yaml \\
 --container-runtime=remote \\
 --container-runtime-endpoint=unix:///var/run/containerd/containerd.sock \\
 --register-node=false \\
 --node-labels='ncloud.com/nks-nodepool=example' "
KUBELET_CLOUDPROVIDER=""
"""

OPEN = """authentication:
  anonymous:
    enabled: true
  webhook:
    enabled: false
authorization:
  mode: AlwaysAllow
readOnlyPort: 10255
"""

LOCKED = """authentication:
  anonymous:
    enabled: false
  webhook:
    enabled: false
authorization:
  mode: AlwaysAllow
readOnlyPort: 0
"""

KUBELET_CONFIG = """apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failSwapOn: False
staticPodPath: /etc/kubernetes/manifests
cgroupDriver: cgroupfs
cgroupsPerQOS: false
enforceNodeAllocatable: []
healthzPort: 10248
healthzBindAddress: 127.0.0.1
clusterDNS:
evictionHard:
  memory.available: 100Mi
  nodefs.available: 10%
  nodefs.inodesFree: 5%
"""

CONTAINERD_1 = """version = 2
root = "{root}"
state = "/run/containerd"
oom_score = 0

[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
  sandbox_image = "registry.k8s.io/pause:3.6"
"""

CONTAINERD_2 = """version = 3
root = "{root}"
state = "/run/containerd"

[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true

[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "registry.k8s.io/pause:3.6"
"""

POD = """apiVersion: v1
kind: Pod
metadata:
  name: {name}
  namespace: default
spec:
  hostNetwork: true
  terminationGracePeriodSeconds: 1
  containers:
  - name: main
    image: localhost/busybox:1
    imagePullPolicy: Never
    command: ["/bin/busybox", "sleep", "1000000"]
"""


def preparation(loops: list[int]) -> dict[str, str]:
    """Files that make a container fit for containerd and the kubelet; ``loops``: minors of its disks."""
    return {
        "/etc/systemd/system/node-prepare.service": PREPARE_UNIT,
        "/usr/local/sbin/node-prepare": PREPARE_SCRIPT.replace("LOOPS", " ".join(map(str, loops))),
    }


def kubelet(*, locked: bool = False, verbosity: int = 2, extra: str = "") -> dict[str, str]:
    """The seed's unit, its env file and a standalone configuration, ``extra`` YAML lines at its end."""
    return {
        "/etc/systemd/system/kubelet.service": KUBELET_UNIT,
        "/etc/kubernetes/kubelet.env": KUBELET_ENV.format(verbosity=verbosity),
        "/etc/kubernetes/kubelet-config.yaml": KUBELET_CONFIG + (LOCKED if locked else OPEN) + extra,
    }

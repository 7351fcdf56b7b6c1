"""Node layouts as directory trees: what each distribution's default node has on its disk (node-layouts.md 1, 3).

Only the files that say where the kubelet and the runtime are and what they obey, written after the vendors' own.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

Files = Mapping[str, str]

SYSTEM = "/etc/systemd/system"
LIB = "/usr/lib/systemd/system"
SOCKET = "unix:///run/containerd/containerd.sock"
KIND = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
JSON_KIND = '{\n  "kind": "KubeletConfiguration",\n  "apiVersion": "kubelet.config.k8s.io/v1beta1"'
KUBECONFIG = "apiVersion: v1\nkind: Config\nclusters: []\n"
TOML_V2 = 'version = 2\nroot = "/var/lib/containerd"\nstate = "/run/containerd"\noom_score = 0\n'
TOML_PLAIN = 'version = 2\n[plugins."io.containerd.grpc.v1.cri"]\n  sandbox_image = "pause:3.10"\n'
EKS_HARD = "memory.available: 100Mi\n  nodefs.available: 10%\n  nodefs.inodesFree: 5%"
ALL_HARD = f"{EKS_HARD}\n  imagefs.available: 15%\n  imagefs.inodesFree: 5%"


def build(base: Path, files: Files) -> Path:
    """Write the tree below ``base``; a name that ends in "/" is an empty directory. Returns ``base``."""
    for name, text in {"/etc/os-release": "ID=linux\n", "/var/log/pods/": "", **files}.items():
        path = base / name.lstrip("/")
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return base


def unit(command: str, *lines: str) -> str:
    """A service that starts ``command``, on line 4 when no line comes before it."""
    return "\n".join(("[Unit]", "Description=x", "[Service]", *lines, f"ExecStart={command}", ""))


def containerd(config: str = TOML_PLAIN, command: str = "/usr/bin/containerd") -> Files:
    """containerd from its package."""
    return {
        f"{LIB}/containerd.service": unit(command),
        "/etc/containerd/config.toml": config,
        "/var/lib/containerd/": "",
    }


def kubeadm(family: str = "deb") -> Files:
    extra = "/etc/default/kubelet" if family == "deb" else "/etc/sysconfig/kubelet"
    return {
        **containerd(),
        f"{LIB}/kubelet.service": unit("/usr/bin/kubelet"),
        f"{LIB}/kubelet.service.d/10-kubeadm.conf": f"""[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf \
--kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
EnvironmentFile=-{extra}
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
""",
        "/var/lib/kubelet/config.yaml": f"{KIND}imageMaximumGCAge: 0s\nimageMinimumGCAge: 0s\n"
        f"containerRuntimeEndpoint: {SOCKET}\n",
        "/var/lib/kubelet/kubeadm-flags.env": 'KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.1"\n',
        extra: "KUBELET_EXTRA_ARGS=--v=2\n",
        "/etc/kubernetes/kubelet.conf": KUBECONFIG,
    }


def kubespray() -> Files:
    return {
        **containerd(TOML_V2, "/usr/local/bin/containerd"),
        f"{SYSTEM}/kubelet.service": unit(
            "/usr/local/bin/kubelet \\\n\t\t$KUBE_LOGTOSTDERR \\\n\t\t$KUBELET_ADDRESS \\\n\t\t$KUBELET_ARGS",
            "EnvironmentFile=-/etc/kubernetes/kubelet.env",
        ),
        "/etc/kubernetes/kubelet.env": 'KUBELET_ADDRESS="--node-ip=10.0.0.1"\n'
        'KUBELET_ARGS="--config=/etc/kubernetes/kubelet-config.yaml \\\n--kubeconfig=/etc/kubernetes/kubelet.conf"\n',
        "/etc/kubernetes/kubelet-config.yaml": f"{KIND}failSwapOn: True\ncontainerRuntimeEndpoint : {SOCKET}\n",
        "/etc/kubernetes/kubelet.conf": KUBECONFIG,
        "/var/lib/kubelet/config.yaml": KIND,
        "/var/lib/kubelet/kubeadm-flags.env": 'KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.1"\n',
    }


def nks() -> Files:
    return {
        **kubespray(),
        "/etc/kubernetes/kubelet.env": "PATH=/usr/local/bin:/usr/bin:/bin\n"
        'KUBELET_ARGS="--config=/etc/kubernetes/kubelet-config.yaml \\\n'
        "--provider-id='navercloudplatform://1234' \\\n--runtime-cgroups=/system.slice/containerd.service\"\n",
        "/etc/kubernetes/kubelet-config.yaml": f"{KIND}address:\nclusterDNS:\ntlsCipherSuites:\n"
        f"containerRuntimeEndpoint: {SOCKET}\nevictionHard:\n  {EKS_HARD}\n",
    }


def kops() -> Files:
    return {
        **containerd(),
        f"{LIB}/containerd.service": unit(
            '/usr/bin/containerd -c /etc/containerd/config.toml "$CONTAINERD_OPTS"',
            "EnvironmentFile=/etc/sysconfig/containerd",
        ),
        "/etc/sysconfig/containerd": 'CONTAINERD_OPTS="--log-level=info"\n',
        f"{SYSTEM}/kops-configuration.service": unit("/opt/kops/bin/nodeup"),
        f"{LIB}/kubelet.service": unit(
            '/usr/local/bin/kubelet "$DAEMON_ARGS"', "EnvironmentFile=/etc/sysconfig/kubelet"
        ),
        "/etc/sysconfig/kubelet": 'DAEMON_ARGS="--config=/var/lib/kubelet/kubelet.conf --v=2"\nHOME="/root"\n',
        "/var/lib/kubelet/kubelet.conf": f"{KIND}evictionHard:\n  {ALL_HARD}\ncontainerRuntimeEndpoint: {SOCKET}\n",
    }


def gardener() -> Files:
    return {
        **containerd('version = 2\nimports = ["/etc/containerd/conf.d/*.toml"]\n'),
        f"{SYSTEM}/kubelet.service": unit(
            "/opt/bin/kubelet --config=/var/lib/kubelet/config/kubelet $KUBELET_EXTRA_ARGS",
            "EnvironmentFile=/etc/environment",
            "EnvironmentFile=-/var/lib/kubelet/extra_args",
        ),
        "/etc/environment": "PATH=/usr/bin\n",
        "/var/lib/gardener-node-agent/": "",
        "/var/lib/kubelet/extra_args": "KUBELET_EXTRA_ARGS=--v=2\n",
        "/var/lib/kubelet/config/kubelet": f"{KIND}imageGCHighThresholdPercent: 50\nimageGCLowThresholdPercent: 40\n"
        f"containerRuntimeEndpoint: {SOCKET}\nevictionHard:\n  {ALL_HARD}\n",
    }


def eks_al2() -> Files:
    return {
        **containerd('version = 2\nimports = ["/etc/containerd/config.d/*.toml"]\n'),
        f"{SYSTEM}/kubelet.service": unit(
            "/usr/bin/kubelet --config /etc/kubernetes/kubelet/kubelet-config.json "
            f"--kubeconfig /var/lib/kubelet/kubeconfig --container-runtime-endpoint {SOCKET} "
            "$KUBELET_ARGS $KUBELET_EXTRA_ARGS"
        ),
        f"{SYSTEM}/kubelet.service.d/10-kubelet-args.conf": "[Service]\nEnvironment='KUBELET_ARGS=--v=2'\n",
        "/etc/eks/bootstrap.sh": "#!/bin/sh\n",
        "/etc/kubernetes/kubelet/kubelet-config.json": JSON_KIND + ',\n  "evictionHard": {"memory.available": "100Mi",'
        ' "nodefs.available": "10%", "nodefs.inodesFree": "5%"}\n}\n',
    }


def eks_al2023() -> Files:
    return {
        **containerd('version = 3\nroot = "/var/lib/containerd"\nstate = "/run/containerd"\n'),
        f"{SYSTEM}/kubelet.service": unit(
            "/usr/bin/kubelet $NODEADM_KUBELET_ARGS", "EnvironmentFile=/etc/eks/kubelet/environment"
        ),
        "/etc/eks/kubelet/environment": "NODEADM_KUBELET_ARGS=--config=/etc/kubernetes/kubelet/config.json "
        '--config-dir=/etc/kubernetes/kubelet/config.json.d --node-labels="a=b"',
        "/etc/kubernetes/kubelet/config.json": JSON_KIND + f',\n  "containerRuntimeEndpoint": "{SOCKET}",\n'
        '  "evictionHard": {"memory.available": "100Mi", "nodefs.available": "10%", "nodefs.inodesFree": "5%"}\n}',
        "/etc/kubernetes/kubelet/config.json.d/40-nodeadm.conf": JSON_KIND + ',\n  "maxPods": 50\n}',
    }


def gke() -> Files:
    return {
        **containerd(TOML_PLAIN, "/usr/bin/containerd"),
        f"{SYSTEM}/kubelet.service": unit(
            "/home/kubernetes/bin/kubelet $KUBELET_OPTS", "EnvironmentFile=/etc/default/kubelet"
        ),
        "/etc/default/kubelet": f'KUBELET_OPTS="--v=2 --container-runtime-endpoint={SOCKET} '
        '--config /home/kubernetes/kubelet-config.yaml"\n',
        "/home/kubernetes/kubelet-config.yaml": f"{KIND}evictionHard:\n  {EKS_HARD}\n",
    }


def aks() -> Files:
    """The default: no file, all in KUBELET_FLAGS."""
    return {
        **containerd(),
        f"{SYSTEM}/kubelet.service": unit(
            '/opt/bin/kubelet --node-labels="${KUBELET_NODE_LABELS}" $KUBELET_CONFIG_FILE_FLAGS '
            "$KUBELET_CONTAINERD_FLAGS $KUBELET_FLAGS",
            "EnvironmentFile=/etc/default/kubelet",
        ),
        f"{SYSTEM}/kubelet.service.d/10-containerd-base-flag.conf": "[Service]\n"
        f'Environment="KUBELET_CONTAINERD_FLAGS=--container-runtime-endpoint={SOCKET}"\n',
        "/etc/default/kubelet": "KUBELET_FLAGS=--eviction-hard=memory.available<750Mi,nodefs.available<10%,"
        "nodefs.inodesFree<5% --image-gc-high-threshold=85 --image-gc-low-threshold=80\n"
        "KUBELET_NODE_LABELS=kubernetes.azure.com/cluster=x,agentpool=y\n",
    }


def aks_file() -> Files:
    """The configuration file switched on."""
    return {
        **aks(),
        f"{SYSTEM}/kubelet.service.d/10-componentconfig.conf": "[Service]\n"
        'Environment="KUBELET_CONFIG_FILE_FLAGS=--config /etc/default/kubeletconfig.json"\n',
        "/etc/default/kubelet": "KUBELET_FLAGS=--v=2\nKUBELET_NODE_LABELS=kubernetes.azure.com/cluster=x\n",
        "/etc/default/kubeletconfig.json": JSON_KIND + ',\n  "imageGCHighThresholdPercent": 85,\n'
        '  "imageGCLowThresholdPercent": 80\n}\n',
    }


def k3s() -> Files:
    return rancher("k3s", f"{SYSTEM}/k3s.service", "/usr/local/bin/k3s \\\n    server \\\n")


def rke2() -> Files:
    return rancher("rke2", "/usr/local/lib/systemd/system/rke2-server.service", "/usr/local/bin/rke2 server")


def rancher(name: str, service: str, command: str, data: str = "") -> Files:
    """k3s or RKE2, agent files below ``data``."""
    data = data or f"/var/lib/rancher/{name}"
    agent = f"{data}/agent"
    return {
        service: unit(command, "EnvironmentFile=-/etc/default/%N"),
        f"/etc/rancher/{name}/config.yaml": "write-kubeconfig-mode: '0644'\nkubelet-arg:\n"
        "  - image-gc-high-threshold=75\n  - image-gc-low-threshold=70\n",
        f"{agent}/etc/kubelet.conf.d/00-{name}-defaults.conf": f"{KIND}"
        "containerRuntimeEndpoint: unix:///run/k3s/containerd/containerd.sock\n"
        "evictionHard:\n  imagefs.available: 5%\n  nodefs.available: 5%\n"
        "evictionMinimumReclaim:\n  imagefs.available: 10%\n  nodefs.available: 10%\n",
        f"{agent}/etc/containerd/config.toml": f'version = 3\nroot = "{agent}/containerd"\n'
        'state = "/run/k3s/containerd"\n[grpc]\n  address = "/run/k3s/containerd/containerd.sock"\n',
        f"{agent}/containerd/": "",
    }


def k0s() -> Files:
    return {
        f"{SYSTEM}/k0sworker.service": unit("/usr/local/bin/k0s worker --token-file=/etc/k0s/token"),
        "/etc/k0s/containerd.toml": "# k0s_managed=true\nversion = 2\n"
        'imports = ["/etc/k0s/containerd.d/*.toml", "/run/k0s/containerd-cri.toml"]\n',
        "/run/k0s/kubelet/config.yaml": f"{KIND}containerRuntimeEndpoint: unix:///run/k0s/containerd.sock\n",
        "/var/lib/k0s/bin/kubelet": "",
        "/var/lib/k0s/containerd/": "",
    }


def microk8s() -> Files:
    args = "/var/snap/microk8s/current/args"
    return {
        f"{SYSTEM}/snap.microk8s.daemon-kubelite.service": unit("/usr/bin/snap run microk8s.daemon-kubelite"),
        f"{SYSTEM}/snap.microk8s.daemon-containerd.service": unit("/usr/bin/snap run microk8s.daemon-containerd"),
        f"{args}/kubelet": "--root-dir=${SNAP_COMMON}/var/lib/kubelet\n# a comment\n"
        '--eviction-hard="memory.available<100Mi,nodefs.available<1Gi,imagefs.available<1Gi"\n'
        "--container-runtime-endpoint=${SNAP_COMMON}/run/containerd.sock\n",
        f"{args}/containerd": "--config ${SNAP_DATA}/args/containerd.toml\n"
        "--root ${SNAP_COMMON}/var/lib/containerd\n--state ${SNAP_COMMON}/run/containerd\n"
        "--address ${SNAP_COMMON}/run/containerd.sock\n",
        f"{args}/containerd.toml": "version = 2\noom_score = 0\n",
        "/var/snap/microk8s/common/var/lib/containerd/": "",
    }


def kind() -> Files:
    return {
        **kubeadm(),
        f"{SYSTEM}/kubelet.service.d/11-kind.conf": "[Service]\nExecStartPre=/bin/true\n",
        "/kind/version": "v1.33.0\n",
        "/var/lib/kubelet/config.yaml": f"{KIND}imageGCHighThresholdPercent: 100\ncontainerRuntimeEndpoint: {SOCKET}\n"
        'evictionHard:\n  imagefs.available: "0%"\n  nodefs.available: "0%"\n  nodefs.inodesFree: "0%"\n',
    }


def minikube() -> Files:
    return {
        **containerd(),
        f"{LIB}/kubelet.service": unit("/var/lib/minikube/binaries/v1.33.0/kubelet"),
        f"{SYSTEM}/kubelet.service.d/10-kubeadm.conf": "[Service]\nExecStart=\n"
        "ExecStart=/var/lib/minikube/binaries/v1.33.0/kubelet --config=/var/lib/kubelet/config.yaml "
        f"--container-runtime-endpoint={SOCKET}\n",
        "/var/lib/minikube/": "",
        "/var/lib/kubelet/config.yaml": kind()["/var/lib/kubelet/config.yaml"],
    }


def bottlerocket() -> Files:
    return {
        **containerd(TOML_PLAIN, "/usr/bin/containerd --config /etc/containerd/config.toml"),
        "/etc/os-release": "ID=bottlerocket\n",
        f"{LIB}/host-containerd.service": unit("/usr/bin/host-containerd --config /etc/host-containerd/config.toml"),
        "/etc/host-containerd/config.toml": 'version = 2\nroot = "/var/lib/host-containerd"\n',
        f"{LIB}/kubelet.service": unit("/usr/bin/false"),
        f"{SYSTEM}/kubelet.service.d/exec-start.conf": "[Service]\nExecStart=\n"
        "ExecStart=/usr/bin/kubelet --config /etc/kubernetes/kubelet/config \\\n    --root-dir /var/lib/kubelet\n",
        "/etc/kubernetes/kubelet/config": f"{KIND}containerRuntimeEndpoint: {SOCKET}\n",
    }


def talos() -> Files:
    return {
        "/etc/os-release": "ID=talos\n",
        "/etc/kubernetes/kubelet.yaml": KIND,
        "/etc/cri/containerd.toml": "version = 3\n",
        "/var/lib/containerd/": "",
    }


def flatcar() -> Files:
    return {
        f"{SYSTEM}/kubelet.service": unit("/opt/bin/kubelet --config=/etc/kubernetes/own.yaml"),
        "/etc/kubernetes/own.yaml": f"{KIND}containerRuntimeEndpoint: {SOCKET}\n",
        f"{LIB}/containerd.service": unit(
            "/usr/bin/containerd --config ${CONTAINERD_CONFIG}",
            "Environment=CONTAINERD_CONFIG=/usr/share/containerd/config.toml",
        ),
        "/usr/share/containerd/config.toml": TOML_V2,
        "/etc/containerd/config.toml": 'version = 2\nroot = "/data"\n',
        "/etc/os-release": "ID=flatcar\n",
        "/var/lib/containerd/": "",
    }


def openshift() -> Files:
    return {
        f"{SYSTEM}/kubelet.service": unit(
            "/usr/local/bin/kubenswrapper \\\n    /usr/bin/kubelet \\\n    --config=/etc/kubernetes/kubelet.conf \\\n"
            "    --container-runtime-endpoint=/var/run/crio/crio.sock \\\n"
            "    --node-labels=node.openshift.io/os_id=${ID}",
            "EnvironmentFile=/etc/os-release",
            "EnvironmentFile=-/etc/kubernetes/kubelet-env",
        ),
        f"{SYSTEM}/kubelet.service.d/01-kubens.conf": "[Service]\nEnvironmentFile=-/run/kubens/env\n",
        f"{LIB}/crio.service": unit("/usr/bin/crio $CRIO_CONFIG_OPTIONS", "EnvironmentFile=-/etc/sysconfig/crio"),
        "/etc/crio/crio.conf": "[crio]\n",
        "/etc/kubernetes/kubelet.conf": KIND,
        "/etc/os-release": "ID=rhcos\n",
        "/var/lib/containers/storage/": "",
    }


def cri_dockerd() -> Files:
    return {
        f"{SYSTEM}/kubelet.service": unit(
            "/usr/bin/kubelet --config=/etc/own/kubelet.yaml --container-runtime-endpoint=unix:///run/cri-dockerd.sock"
        ),
        "/etc/own/kubelet.yaml": KIND,
        f"{LIB}/cri-docker.service": unit("/usr/bin/cri-dockerd --container-runtime-endpoint fd://"),
        f"{LIB}/docker.service": unit("/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock"),
        "/etc/docker/daemon.json": '{"data-root": "/srv/docker"}\n',
        **containerd('disabled_plugins = ["cri"]\n'),
    }

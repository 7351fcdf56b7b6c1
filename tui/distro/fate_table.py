"""The rows of fates.py: (path pattern, fate, why, the way instead), the first match wins (node-layouts.md 3, 4)."""

from __future__ import annotations

from typing import Literal

Fate = Literal["lasts", "until-event", "lost", "forbidden"]
Row = tuple[str, Fate, str, str]

_OWN_FILE = "the packages keep this file (noreplace)"
_KUBEADM_MAP = "edit the ConfigMap kube-system/kubelet-config, or use --patches with target kubeletconfiguration"
_KUBEADM: tuple[Row, ...] = (
    (
        "/var/lib/kubelet/config.yaml",
        "until-event",
        "`kubeadm upgrade node` and `kubeadm join` rewrite it",
        _KUBEADM_MAP,
    ),
    ("/var/lib/kubelet/instance-config.yaml", "until-event", "kubeadm writes it for this node", _KUBEADM_MAP),
    (
        "/var/lib/kubelet/kubeadm-flags.env",
        "until-event",
        "`kubeadm upgrade node` and `kubeadm join` rewrite it",
        "set KUBELET_EXTRA_ARGS in /etc/default/kubelet or /etc/sysconfig/kubelet",
    ),
    ("/etc/default/kubelet", "lasts", _OWN_FILE, ""),
    ("/etc/sysconfig/kubelet", "lasts", _OWN_FILE, ""),
)

_MCO = "a KubeletConfig or MachineConfig resource"
_RANCHER: tuple[Row, ...] = (
    (
        "*/agent/etc/kubelet.conf.d/00-*-defaults.conf",
        "lost",
        "it is rewritten at every start",
        "kubelet-arg in config.yaml, or a drop-in of your own such as 10-own.conf beside it",
    ),
    ("*/agent/etc/kubelet.conf.d/20-cli-config-dir/*", "lost", "it is copied anew at every start", "edit the original"),
    ("*/agent/etc/kubelet.conf.d/*", "lasts", "drop-ins of your own are kept", ""),
    (
        "*/agent/etc/containerd/config.toml",
        "lost",
        "it is rewritten at every start",
        "config-v3.toml.tmpl (containerd 2) or config.toml.tmpl beside it; the root moves with --data-dir only",
    ),
    ("*/agent/etc/containerd/*.tmpl", "lasts", "templates are yours", ""),
    ("/etc/rancher/*", "lasts", "the configuration file is yours", ""),
    ("/etc/default/*", "lasts", "the environment file is yours", ""),
    ("/etc/sysconfig/*", "lasts", "the environment file is yours", ""),
    (
        "/etc/systemd/system/k3s*.service",
        "until-event",
        "the install script writes it anew",
        "/etc/rancher/k3s/config.yaml",
    ),
)
_PLAY = "the next play of the inventory overwrites it"
_NODEADM = "NodeConfig in user data or in /etc/eks/nodeadm.d/*.yaml"
_AKS = "custom node configuration through the AKS API"
_GKE = "node system configuration of the node pool (kubeletConfig)"

FATES: dict[str, tuple[Row, ...]] = {
    "kubeadm": _KUBEADM,
    "kind": tuple((path, "lasts", "nothing rewrites it in a running kind node", "") for path, *_ in _KUBEADM),
    "minikube": (
        (
            "/var/lib/kubelet/config.yaml",
            "until-event",
            "`minikube start` runs kubeadm, which rewrites it",
            "minikube start --extra-config=kubelet.…",
        ),
        (
            "/etc/systemd/system/kubelet.service.d/10-kubeadm.conf",
            "until-event",
            "`minikube start` rewrites it",
            "minikube start --extra-config=kubelet.…",
        ),
        *_KUBEADM,
    ),
    "NKS": (
        (
            "/etc/kubernetes/*",
            "until-event",
            "it lasts on this node and is lost when the node is replaced (node upgrade)",
            "repeat the edit on new nodes, for instance from a DaemonSet or an init script",
        ),
        ("/etc/containerd/config.toml", "until-event", "lost when the node is replaced", ""),
        ("/etc/systemd/system/*", "until-event", "lost when the node is replaced", ""),
    ),
    "kubespray": (
        (
            "/etc/kubernetes/kubelet-config.yaml",
            "until-event",
            _PLAY,
            "kubelet_image_gc_high_threshold, kubelet_image_gc_low_threshold, kubelet_config_extra_args",
        ),
        ("/etc/kubernetes/kubelet.env", "until-event", _PLAY, "kubelet_custom_flags in the inventory"),
        (
            "/etc/containerd/config.toml",
            "until-event",
            _PLAY,
            "containerd_storage_dir and its like in the inventory",
        ),
        ("/etc/systemd/system/kubelet.service", "until-event", _PLAY, "a drop-in in kubelet.service.d"),
        ("/etc/systemd/system/containerd.service", "until-event", _PLAY, "a drop-in in containerd.service.d"),
        ("/etc/systemd/system/containerd.service.d/http-proxy.conf", "until-event", _PLAY, "http_proxy variables"),
    ),
    "kops": tuple(
        (path, "lost", "nodeup rewrites it at boot", "kubelet or containerd in the cluster spec")
        for path in ("/var/lib/kubelet/kubelet.conf", "/etc/sysconfig/*", "/etc/containerd/config.toml")
    ),
    "Gardener": (
        ("/etc/containerd/conf.d/*", "lasts", "drop-ins of containerd are yours", ""),
        *(
            (path, "lost", "gardener-node-agent restores the files it owns", "the kubelet section of the Shoot")
            for path in ("/var/lib/kubelet/*", "/etc/containerd/config.toml", "/etc/systemd/system/kubelet.service")
        ),
    ),
    "EKS AL2": (
        (
            "/etc/kubernetes/kubelet/kubelet-config.json",
            "until-event",
            "bootstrap ran once; it lasts until the node is replaced",
            "--kubelet-extra-args of bootstrap.sh in the launch template",
        ),
        (
            "/etc/systemd/system/kubelet.service.d/[13]0-kubelet-*args.conf",
            "until-event",
            "lasts until the node is replaced",
            "--kubelet-extra-args of bootstrap.sh",
        ),
        (
            "/etc/systemd/system/kubelet.service",
            "until-event",
            "bootstrap copied it there; it lasts until the node is replaced",
            "a drop-in in kubelet.service.d",
        ),
        ("/etc/containerd/config.d/*", "lasts", "imported by the main file and yours", ""),
        ("/etc/containerd/config.toml", "until-event", "lasts until the node is replaced", "/etc/containerd/config.d/"),
    ),
    "EKS AL2023": (
        ("/etc/eks/nodeadm.d/*", "lasts", "nodeadm reads it at every boot", ""),
        *(
            (path, "lost", "nodeadm rewrites it at every boot", _NODEADM)
            for path in (
                "/etc/kubernetes/kubelet/config.json",
                "/etc/kubernetes/kubelet/config.json.d/40-nodeadm.conf",
                "/etc/eks/kubelet/environment",
                "/etc/containerd/config.toml",
            )
        ),
        (
            "/etc/kubernetes/kubelet/config.json.d/*",
            "lasts",
            "it survives, but is read only while NodeConfig has spec.kubelet.config",
            _NODEADM,
        ),
    ),
    "EKS Ubuntu": (
        (
            "/etc/kubernetes/kubelet/kubelet-config.json",
            "until-event",
            "lasts until the node is replaced",
            "eksctl or the arguments of the bootstrap script",
        ),
        ("/etc/systemd/system/snap.*", "forbidden", "snapd generates this unit", "snap set kubelet-eks"),
    ),
    "GKE": tuple(
        (path, "lost", "it is rewritten at every boot, and /etc does not persist", _GKE)
        for path in ("/home/kubernetes/*", "/etc/*")
    ),
    "AKS": (("/etc/*", "until-event", "an upgrade, reimage or scaling brings the old file back; unsupported", _AKS),),
    "DOKS": (("*", "lost", "the reconciler overwrites edits on nodes", "no setting is offered"),),
    "LKE": (("*", "until-event", "recycling deletes the node", "no setting is offered"),),
    "k3s": _RANCHER,
    "RKE2": _RANCHER,
    "k0s": (
        ("/etc/k0s/containerd.d/*", "lasts", "imported by k0s and yours", ""),
        (
            "*/kubelet*config.yaml",
            "lost",
            "it is rewritten at every start",
            "a worker profile in the cluster configuration, or --kubelet-extra-args in the unit",
        ),
        ("/run/k0s/*", "lost", "it is rewritten at every start", "a worker profile in the cluster configuration"),
        (
            "/etc/k0s/containerd.toml",
            "until-event",
            "k0s manages it while its first line is `# k0s_managed=true`",
            "/etc/k0s/containerd.d/*.toml; the root is a flag, so `root =` has no effect",
        ),
        ("/etc/systemd/system/k0s*.service", "until-event", "`k0s install` rewrites it", "a unit drop-in"),
    ),
    "MicroK8s": (
        ("*/args/containerd.toml", "lost", "it is made from containerd-template.toml at every start", "the template"),
        ("*/args/*", "lasts", "args files are yours; they are copied along at a refresh", ""),
        ("/etc/systemd/system/snap.*", "forbidden", "snapd generates this unit", "edit the args files"),
    ),
    "Talos": (("*", "forbidden", "the machine configuration regenerates every file", "talosctl edit machineconfig"),),
    "Bottlerocket": (
        (
            "*",
            "forbidden",
            "every file is regenerated from settings, and /etc is a tmpfs",
            "apiclient set kubernetes.image-gc-high-threshold-percent=…",
        ),
    ),
    "Flatcar": (
        ("/etc/containerd/config.toml", "lasts", "yours; read only if CONTAINERD_CONFIG or ExecStart names it", ""),
    ),
    "OpenShift": tuple(
        (path, "forbidden", "the machine-config daemon marks the node Degraded within seconds", _MCO)
        for path in ("/etc/*", "/var/lib/kubelet/*")
    ),
    "cri-dockerd": (("/etc/docker/daemon.json", "lasts", "the file is yours", ""),),
}

EVERYWHERE: tuple[Row, ...] = (
    ("/etc/default/kubelet", "lasts", _OWN_FILE, ""),
    ("/etc/sysconfig/kubelet", "lasts", _OWN_FILE, ""),
    ("/etc/containerd/config.toml", "lasts", "nothing is known to rewrite it; packages keep it", ""),
    ("/etc/containerd/*", "lasts", "nothing is known to rewrite it", ""),
    ("/etc/systemd/system/*", "lasts", "units in /etc are the administrator's", ""),
)

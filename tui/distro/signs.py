"""By what each Kubernetes distribution is known (node-layouts.md 1, 3): table only, no reading."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sign:
    """Marks of one distribution; any one of them is enough.

    ``program``: regular expressions over the first two words of the kubelet's command line. ``words``: over each word,
    two-word flags joined by ``=``. ``units``/``dropins``: patterns over the unit's name and its drop-ins' names.
    ``runtime``: over the words of the container runtimes. ``files``: paths that exist; ``inside``: (path, regular
    expression over its text). ``os``: ID of os-release. ``refines``: a general distribution that these files make
    this one, although the process looks like the general one.
    """

    name: str
    program: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    dropins: tuple[str, ...] = ()
    runtime: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    inside: tuple[tuple[str, str], ...] = ()
    os: tuple[str, ...] = ()
    refines: str = ""


SIGNS: tuple[Sign, ...] = (
    Sign(
        "OpenShift",
        program=(r"(^|/)kubenswrapper$",),
        words=(r"^--node-labels=.*node\.openshift\.io/",),
        dropins=("01-kubens.conf", "10-mco-*"),
        files=("/etc/machine-config-daemon/currentconfig", "/etc/openshift/kubelet.conf.d"),
        os=("rhcos",),
    ),
    Sign(
        "MicroK8s",
        program=(r"(^|/)kubelite$", r"^/snap/microk8s/"),
        units=("snap.microk8s.*",),
        runtime=(r"/snap/microk8s/",),
        files=("/var/snap/microk8s/current/args/kubelet",),
    ),
    Sign(
        "RKE2",
        program=(r"(^|/)rke2$", r"^/var/lib/rancher/rke2/"),
        words=(r"^--[a-z-]+=/var/lib/rancher/rke2/",),
        units=("rke2-server.service", "rke2-agent.service"),
        runtime=(r"/var/lib/rancher/rke2/",),
        files=("/etc/rancher/rke2", "/var/lib/rancher/rke2/agent"),
    ),
    Sign(
        "k3s",
        program=(r"(^|/)k3s$",),
        units=("k3s.service", "k3s-agent.service", "k3s-*.service"),
        runtime=(r"/var/lib/rancher/k3s/",),
        files=("/etc/rancher/k3s", "/var/lib/rancher/k3s/agent"),
    ),
    Sign(
        "k0s",
        program=(r"(^|/)k0s$", r"^/var/lib/k0s/bin/"),
        words=(r"^--root-dir=/var/lib/k0s/", r"^--config=/run/k0s/"),
        units=("k0sworker.service", "k0scontroller.service"),
        runtime=(r"^(--root=)?/var/lib/k0s/",),
        files=("/etc/k0s", "/var/lib/k0s/bin/kubelet"),
    ),
    Sign(
        "Talos",
        words=(r"^--config=/etc/kubernetes/kubelet\.yaml$",),
        runtime=(r"/etc/cri/containerd\.toml",),
        files=("/etc/cri/containerd.toml",),
        os=("talos",),
    ),
    Sign(
        "Bottlerocket",
        words=(r"^--config=/etc/kubernetes/kubelet/config$",),
        dropins=("exec-start.conf",),
        files=("/etc/host-containerd/config.toml",),
        os=("bottlerocket",),
    ),
    Sign(
        "GKE",
        program=(r"^/home/kubernetes/bin/kubelet$",),
        words=(r"^--config=/home/kubernetes/kubelet-config\.yaml$",),
        files=("/home/kubernetes/kubelet-config.yaml",),
    ),
    Sign(
        "AKS",
        words=(r"^--config=/etc/default/kubeletconfig\.json$", r"^--node-labels=.*kubernetes\.azure\.com/"),
        dropins=("10-componentconfig.conf", "10-tlsbootstrap.conf", "10-containerd-base-flag.conf"),
        files=("/etc/default/kubeletconfig.json",),
        inside=(("/etc/default/kubelet", r"kubernetes\.azure\.com/"),),
    ),
    Sign(
        "EKS Ubuntu",
        program=(r"^/snap/kubelet-eks/",),
        units=("snap.kubelet-eks.*",),
        files=("/etc/systemd/system/snap.kubelet-eks.daemon.service",),
        refines="EKS AL2",
    ),
    Sign(
        "EKS AL2023",
        words=(r"^--config=/etc/kubernetes/kubelet/config\.json$",),
        files=("/etc/eks/kubelet/environment", "/etc/eks/nodeadm.d", "/etc/kubernetes/kubelet/config.json"),
    ),
    Sign(
        "EKS AL2",
        words=(r"^--config=/etc/kubernetes/kubelet/kubelet-config\.json$",),
        dropins=("10-kubelet-args.conf", "30-kubelet-extra-args.conf"),
        files=("/etc/eks/bootstrap.sh", "/etc/kubernetes/kubelet/kubelet-config.json"),
    ),
    Sign(
        "Gardener",
        words=(r"^--config=/var/lib/kubelet/config/kubelet$",),
        files=("/var/lib/gardener-node-agent", "/var/lib/kubelet/config/kubelet"),
    ),
    Sign(
        "kops",
        words=(r"^--config=/var/lib/kubelet/kubelet\.conf$",),
        files=("/etc/systemd/system/kops-configuration.service", "/var/lib/kubelet/kubelet.conf"),
        inside=(("/etc/sysconfig/kubelet", r"^DAEMON_ARGS="),),
    ),
    Sign(
        "NKS",
        words=(r"ncloud\.com/nks-", r"^--provider-id=navercloudplatform:"),
        inside=(("/etc/kubernetes/kubelet.env", r"ncloud\.com/|navercloudplatform:"),),
        refines="kubespray",
    ),
    Sign(
        "DOKS",
        words=(r"^--node-labels=.*doks\.digitalocean\.com/",),
        inside=(("/etc/default/kubelet", r"doks\.digitalocean\.com/"),),
        refines="kubeadm",
    ),
    Sign("LKE", words=(r"^--node-labels=.*lke\.linode\.com/", r"^--provider-id=linode:")),
    Sign(
        "kind",
        words=(r"^--provider-id=kind:",),
        dropins=("11-kind.conf",),
        files=("/kind",),
        refines="kubeadm",
    ),
    Sign(
        "minikube",
        program=(r"^/var/lib/minikube/binaries/",),
        files=("/var/lib/minikube",),
        refines="kubeadm",
    ),
    Sign(
        "kubespray",
        words=(r"^--config=/etc/kubernetes/kubelet-config\.yaml$",),
        inside=(("/etc/kubernetes/kubelet.env", r"^KUBELET_(ARGS|ADDRESS|HOSTNAME)="),),
    ),
    Sign(
        "kubeadm",
        words=(
            r"^--config=/var/lib/kubelet/config\.yaml$",
            r"^--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet\.conf$",
        ),
        dropins=("10-kubeadm.conf",),
        files=("/var/lib/kubelet/kubeadm-flags.env", "/var/lib/kubelet/config.yaml"),
    ),
    Sign("Flatcar", os=("flatcar",)),
    Sign("cri-dockerd", words=(r"^--container-runtime-endpoint=(unix://)?/(var/)?run/cri-dockerd\.sock$",)),
)

GC_OFF_IS_NORMAL = frozenset({"kind", "minikube"})

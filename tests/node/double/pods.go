package main

import (
	"crypto/md5"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"sync"
	"time"

	core "k8s.io/api/core/v1"
	cri1 "k8s.io/cri-api/pkg/apis/runtime/v1"
	"sigs.k8s.io/yaml"
)

// podRunner keeps one container of each static pod running on the host's network: enough to have images in use.
type podRunner struct {
	manifests string
	node      string
	runtime   *cri
	lock      sync.Mutex
	running   []string
}

func (p *podRunner) loop() {
	for p.manifests != "" {
		if err := p.sync(); err != nil {
			logError("pod_workers.go:1301", "Error syncing pod, skipping", err)
		}
		time.Sleep(2 * time.Second)
	}
}

// active names the pods that run, as namespace/name-node.
func (p *podRunner) active() []string {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.running
}

func (p *podRunner) sync() error {
	paths, err := filepath.Glob(filepath.Join(p.manifests, "*.yaml"))
	if err != nil {
		return err
	}
	sort.Strings(paths)
	var running []string
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		pod := &core.Pod{}
		if err := yaml.Unmarshal(data, pod); err != nil {
			return err
		}
		pod.Name += "-" + p.node
		pod.UID = "" // the manifest's own content names it
		if err := p.keep(pod, fmt.Sprintf("%x", md5.Sum(data))); err != nil {
			return err
		}
		running = append(running, pod.Namespace+"/"+pod.Name)
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	p.running = running
	return nil
}

// keep starts a sandbox and a container unless both run.
func (p *podRunner) keep(pod *core.Pod, uid string) error {
	within, cancel := limit(time.Minute)
	defer cancel()
	labels := map[string]string{"io.kubernetes.pod.name": pod.Name, "io.kubernetes.pod.namespace": pod.Namespace, "io.kubernetes.pod.uid": uid}
	there, err := p.runtime.runtime.ListPodSandbox(within, &cri1.ListPodSandboxRequest{Filter: &cri1.PodSandboxFilter{
		LabelSelector: labels, State: &cri1.PodSandboxStateValue{State: cri1.PodSandboxState_SANDBOX_READY}}})
	if err != nil {
		return err
	}
	sandbox := sandboxConfig(pod, uid, labels)
	if err := os.MkdirAll(filepath.Join(sandbox.LogDirectory, pod.Spec.Containers[0].Name), 0o755); err != nil {
		return err
	}
	id := ""
	if len(there.Items) > 0 {
		id = there.Items[0].Id
	} else {
		made, err := p.runtime.runtime.RunPodSandbox(within, &cri1.RunPodSandboxRequest{Config: sandbox})
		if err != nil {
			return err
		}
		id = made.PodSandboxId
	}
	all, err := p.runtime.runtime.ListContainers(within, &cri1.ListContainersRequest{Filter: &cri1.ContainerFilter{PodSandboxId: id}})
	if err != nil {
		return err
	}
	for _, each := range all.Containers {
		if each.State == cri1.ContainerState_CONTAINER_RUNNING {
			return nil
		}
	}
	container, err := p.runtime.runtime.CreateContainer(within, &cri1.CreateContainerRequest{
		PodSandboxId: id, SandboxConfig: sandbox, Config: containerConfig(pod, labels, len(all.Containers))})
	if err != nil {
		return err
	}
	_, err = p.runtime.runtime.StartContainer(within, &cri1.StartContainerRequest{ContainerId: container.ContainerId})
	return err
}

func sandboxConfig(pod *core.Pod, uid string, labels map[string]string) *cri1.PodSandboxConfig {
	return &cri1.PodSandboxConfig{
		Metadata:     &cri1.PodSandboxMetadata{Name: pod.Name, Namespace: pod.Namespace, Uid: uid},
		LogDirectory: fmt.Sprintf("/var/log/pods/%s_%s_%s", pod.Namespace, pod.Name, uid),
		Labels:       labels,
		Linux:        &cri1.LinuxPodSandboxConfig{SecurityContext: &cri1.LinuxSandboxSecurityContext{NamespaceOptions: namespaces()}},
	}
}

func containerConfig(pod *core.Pod, labels map[string]string, attempt int) *cri1.ContainerConfig {
	wanted := pod.Spec.Containers[0]
	all := map[string]string{"io.kubernetes.container.name": wanted.Name}
	for name, value := range labels {
		all[name] = value
	}
	return &cri1.ContainerConfig{
		Metadata: &cri1.ContainerMetadata{Name: wanted.Name, Attempt: uint32(attempt)},
		Image:    &cri1.ImageSpec{Image: wanted.Image},
		Command:  wanted.Command,
		Args:     wanted.Args,
		LogPath:  filepath.Join(wanted.Name, strconv.Itoa(attempt)+".log"),
		Labels:   all,
		Linux:    &cri1.LinuxContainerConfig{SecurityContext: &cri1.LinuxContainerSecurityContext{NamespaceOptions: namespaces()}},
	}
}

func namespaces() *cri1.NamespaceOption {
	return &cri1.NamespaceOption{Network: cri1.NamespaceMode_NODE, Pid: cri1.NamespaceMode_CONTAINER}
}

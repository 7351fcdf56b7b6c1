package main

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"time"
)

// setDefaults fills what is absent; pkg/kubelet/apis/config/v1beta1/defaults.go, the fields that matter here.
func setDefaults(c *KubeletConfiguration) {
	c.Kind, c.APIVersion = "KubeletConfiguration", "kubelet.config.k8s.io/v1beta1"
	number(&c.ImageGCHighThresholdPercent, 85)
	number(&c.ImageGCLowThresholdPercent, 80)
	number(&c.HealthzPort, 10248)
	number(&c.ContainerLogMaxFiles, 5)
	text(&c.HealthzBindAddress, "127.0.0.1")
	text(&c.Address, "0.0.0.0")
	text(&c.ContainerLogMaxSize, "10Mi")
	text(&c.CgroupDriver, "cgroupfs")
	text(&c.Authorization.Mode, "Webhook")
	text(&c.ContainerRuntimeEndpoint, "unix:///run/containerd/containerd.sock")
	if c.Port == 0 {
		c.Port = 10250
	}
	duration(&c.ImageMinimumGCAge, 2*time.Minute)
	duration(&c.EvictionPressureTransitionPeriod, 5*time.Minute)
	truth(&c.Authentication.Anonymous.Enabled, false)
	truth(&c.Authentication.Webhook.Enabled, true)
	truth(&c.LocalStorageIsolation, true)
	truth(&c.CgroupsPerQOS, true)
	truth(&c.FailSwapOn, true)
	if c.EnforceNodeAllocatable == nil {
		c.EnforceNodeAllocatable = []string{"pods"}
	}
}

// defaultEvictions is what loading the main file does to evictionHard; facts/kubelet-gc.md 1.5.
func defaultEvictions(minor int, c *KubeletConfiguration) {
	usual := map[string]string{
		"memory.available": "100Mi", "nodefs.available": "10%", "nodefs.inodesFree": "5%", "imagefs.available": "15%",
	}
	if minor >= 30 {
		usual["imagefs.inodesFree"] = "5%"
	}
	switch {
	case c.EvictionHard == nil:
		c.EvictionHard = usual
	case minor >= 33 && c.MergeDefaultEvictionSettings != nil && *c.MergeDefaultEvictionSettings:
		for signal, value := range usual {
			if _, set := c.EvictionHard[signal]; !set {
				c.EvictionHard[signal] = value
			}
		}
	}
}

// validate refuses what ValidateKubeletConfiguration refuses of the fields that matter here.
func validate(minor int, c *KubeletConfiguration) error {
	var faults []string
	add := func(format string, args ...interface{}) { faults = append(faults, fmt.Sprintf(format, args...)) }
	high, low := *c.ImageGCHighThresholdPercent, *c.ImageGCLowThresholdPercent
	if high < 0 || high > 100 {
		add("imageGCHighThresholdPercent (--image-gc-high-threshold) %d must be between 0 and 100, inclusive", high)
	}
	if low < 0 || low > 100 {
		add("imageGCLowThresholdPercent (--image-gc-low-threshold) %d must be between 0 and 100, inclusive", low)
	}
	if low >= high {
		add("imageGCLowThresholdPercent (--image-gc-low-threshold) %d must be less than imageGCHighThresholdPercent (--image-gc-high-threshold) %d", low, high)
	}
	oldest, youngest := c.ImageMaximumGCAge.Duration, c.ImageMinimumGCAge.Duration
	if minor == 29 && oldest != 0 {
		add("ImageMaximumGCAge feature gate is required for Kubelet configuration option ImageMaximumGCAge")
	}
	if oldest < 0 {
		add("imageMaximumGCAge %s must not be negative", oldest)
	} else if oldest > 0 && oldest <= youngest {
		add("imageMaximumGCAge %s must be greater than imageMinimumGCAge %s", oldest, youngest)
	}
	if minor >= 36 && youngest < 0 {
		add("imageMinimumGCAge %s must not be negative", youngest)
	}
	if minor >= 34 && *c.ContainerLogMaxFiles <= 1 {
		add("containerLogMaxFiles must be greater than 1")
	}
	for _, each := range c.EnforceNodeAllocatable {
		if each == "pods" && !*c.CgroupsPerQOS {
			add("cgroupsPerQOS (--cgroups-per-qos) must be set to true when \"pods\" contained in enforceNodeAllocatable (--enforce-node-allocatable)")
		}
	}
	if len(faults) > 0 {
		return fmt.Errorf("invalid configuration: %s", aggregate(faults))
	}
	if minor >= 36 && (c.FailCgroupV1 == nil || *c.FailCgroupV1) && cgroupV1() {
		return fmt.Errorf("kubelet is configured to not run on a host using cgroup v1. " +
			"cgroup v1 support is unsupported and will be removed in a future release")
	}
	return nil
}

func aggregate(faults []string) string {
	if len(faults) == 1 {
		return faults[0]
	}
	return "[" + strings.Join(faults, ", ") + "]"
}

func cgroupV1() bool {
	_, err := os.Stat("/sys/fs/cgroup/cgroup.controllers")
	return err != nil
}

// jsonNames are the names of a struct's fields in JSON, those of embedded structs included.
func jsonNames(t reflect.Type) []string {
	var names []string
	for i := 0; i < t.NumField(); i++ {
		field := t.Field(i)
		name := strings.Split(field.Tag.Get("json"), ",")[0]
		switch {
		case name != "":
			names = append(names, name)
		case field.Anonymous:
			names = append(names, jsonNames(field.Type)...)
		}
	}
	return names
}

func number(value **int32, fallback int32) {
	if *value == nil {
		*value = &fallback
	}
}

func truth(value **bool, fallback bool) {
	if *value == nil {
		*value = &fallback
	}
}

func text[T ~string](value *T, fallback T) {
	if *value == "" {
		*value = fallback
	}
}

package main

import (
	"fmt"
	"os"

	"github.com/spf13/pflag"
	cliflag "k8s.io/component-base/cli/flag"
)

// options are the flags that are no configuration fields, and whether any is on the command line.
type options struct {
	version      bool
	verbosity    int
	config       string
	configDir    string
	rootDir      string
	hostname     string
	sandboxImage string
}

func newOptions() *options { return &options{} }

// flagSet knows the flags of this version: those that matter, and some that nodes carry and that do nothing here.
func (o *options) flagSet(minor int) *pflag.FlagSet {
	flags := pflag.NewFlagSet("kubelet", pflag.ContinueOnError)
	flags.Usage = func() {}
	flags.BoolVar(&o.version, "version", false, "print the version and quit")
	flags.IntVarP(&o.verbosity, "v", "v", 0, "log verbosity")
	flags.StringVar(&o.config, "config", "", "the configuration file")
	flags.StringVar(&o.rootDir, "root-dir", "/var/lib/kubelet", "the kubelet's own files")
	flags.StringVar(&o.hostname, "hostname-override", "", "the node's name")
	if minor <= 34 {
		flags.StringVar(&o.sandboxImage, "pod-infra-container-image", "registry.k8s.io/pause:3.6", "the sandbox image")
	}
	if minor >= 28 {
		flags.StringVar(&o.configDir, "config-dir", "", "the drop-in directory")
	}
	addConfigFlags(flags, &KubeletConfiguration{})
	for _, name := range []string{"vmodule", "node-labels", "node-ip", "kubeconfig", "bootstrap-kubeconfig", "cert-dir", "cloud-provider"} {
		flags.String(name, "", "accepted, does nothing")
	}
	if minor <= 26 {
		flags.String("container-runtime", "remote", "accepted, does nothing")
	}
	if minor <= 25 {
		flags.Bool("logtostderr", true, "accepted, does nothing")
	}
	return flags
}

// addConfigFlags are the flags that stand for fields; cmd/kubelet/app/options AddKubeletConfigFlags.
func addConfigFlags(flags *pflag.FlagSet, c *KubeletConfiguration) {
	setDefaults(c)
	flags.Int32Var(c.ImageGCHighThresholdPercent, "image-gc-high-threshold", *c.ImageGCHighThresholdPercent, "")
	flags.Int32Var(c.ImageGCLowThresholdPercent, "image-gc-low-threshold", *c.ImageGCLowThresholdPercent, "")
	flags.DurationVar(&c.ImageMinimumGCAge.Duration, "minimum-image-ttl-duration", c.ImageMinimumGCAge.Duration, "")
	flags.DurationVar(&c.EvictionPressureTransitionPeriod.Duration, "eviction-pressure-transition-period",
		c.EvictionPressureTransitionPeriod.Duration, "")
	flags.Var(cliflag.NewLangleSeparatedMapStringString(&c.EvictionHard), "eviction-hard", "")
	flags.Var(cliflag.NewLangleSeparatedMapStringString(&c.EvictionSoft), "eviction-soft", "")
	flags.Var(cliflag.NewMapStringString(&c.EvictionSoftGracePeriod), "eviction-soft-grace-period", "")
	flags.Var(cliflag.NewMapStringString(&c.EvictionMinimumReclaim), "eviction-minimum-reclaim", "")
	flags.Int32Var(&c.ReadOnlyPort, "read-only-port", c.ReadOnlyPort, "")
	flags.Int32Var(c.HealthzPort, "healthz-port", *c.HealthzPort, "")
	flags.BoolVar(c.Authentication.Anonymous.Enabled, "anonymous-auth", *c.Authentication.Anonymous.Enabled, "")
	flags.BoolVar(c.FailSwapOn, "fail-swap-on", *c.FailSwapOn, "")
	flags.BoolVar(c.CgroupsPerQOS, "cgroups-per-qos", *c.CgroupsPerQOS, "")
	flags.StringSliceVar(&c.EnforceNodeAllocatable, "enforce-node-allocatable", c.EnforceNodeAllocatable, "")
	flags.StringVar(&c.CgroupDriver, "cgroup-driver", c.CgroupDriver, "")
	flags.StringVar(&c.StaticPodPath, "pod-manifest-path", c.StaticPodPath, "")
	flags.StringVar(&c.ContainerRuntimeEndpoint, "container-runtime-endpoint", c.ContainerRuntimeEndpoint, "")
	flags.StringVar(&c.ImageServiceEndpoint, "image-service-endpoint", c.ImageServiceEndpoint, "")
	flags.Bool("register-node", true, "accepted, does nothing")
}

// override parses the whole command line again, onto the configuration: flags win, always.
func (o *options) override(c *KubeletConfiguration, minor int, words []string) error {
	flags := pflag.NewFlagSet("kubelet", pflag.ContinueOnError)
	flags.Usage = func() {}
	addConfigFlags(flags, c)
	o.flagSet(minor).VisitAll(func(each *pflag.Flag) {
		if flags.Lookup(each.Name) == nil {
			flags.AddFlag(each)
		}
	})
	if err := flags.Parse(words); err != nil {
		return fmt.Errorf("failed to precedence kubelet flags: %w", err)
	}
	return nil
}

// nodeName is --hostname-override, else the host's name.
func (o *options) nodeName() string {
	if o.hostname != "" {
		return o.hostname
	}
	name, _ := os.Hostname()
	return name
}

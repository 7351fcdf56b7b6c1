// The double: a stand-in for kubelets newer than the one that can be built here. It is no kubelet.
//
// It knows what a kubelet of 1.23 and later knows about disks: it reads the mount table once at its start, falls back
// in silence to the nearest known ancestor mount, collects images, evicts, logs, answers and refuses as
// facts/kubelet-gc.md says; and it runs static pods just well enough that images are in use. Its version and its
// periods come from a file that only the double reads (settings.go). Nothing here is shared with the inspector.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/pflag"
)

func main() {
	settings, err := readSettings(settingsFile)
	if err != nil {
		fmt.Fprintln(os.Stderr, "kubelet double:", err)
		os.Exit(2)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-signals
		os.Exit(0)
	}()
	if err := command(settings, os.Args[1:]); err != nil {
		logError("run.go:72", "command failed", err)
		os.Exit(1)
	}
}

// command parses the command line and runs; cmd/kubelet/app/server.go NewKubeletCommand.
func command(settings settings, words []string) error {
	options := newOptions()
	flags := options.flagSet(settings.minor)
	if err := flags.Parse(words); err != nil {
		if errors.Is(err, pflag.ErrHelp) {
			return nil
		}
		return fmt.Errorf("failed to parse kubelet flag: %w", err)
	}
	if rest := flags.Args(); len(rest) > 0 {
		return fmt.Errorf("unknown command %+s", rest[0])
	}
	if options.version {
		fmt.Printf("Kubernetes %s\n", settings.version)
		return nil
	}
	verbosity = options.verbosity
	config, err := loadConfig(settings, options, words)
	if err != nil {
		return err
	}
	if err := run(settings, options, config); err != nil {
		return fmt.Errorf("failed to run Kubelet: %w", err)
	}
	return nil
}

// run starts everything that a kubelet starts and that matters here; returns only an error.
func run(settings settings, options *options, config *KubeletConfiguration) error {
	logInfo(0, "server.go:520", "Kubelet version", "kubeletVersion", settings.version)
	if err := os.MkdirAll(options.rootDir, 0o750); err != nil {
		return err
	}
	disks, err := newDisks("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	thresholds, err := parseThresholds(settings.minor, config)
	if err != nil {
		return err
	}
	policy := gcPolicy{
		high:   int64(*config.ImageGCHighThresholdPercent),
		low:    int64(*config.ImageGCLowThresholdPercent),
		minAge: config.ImageMinimumGCAge.Duration,
		maxAge: config.ImageMaximumGCAge.Duration,
	}
	if err := policy.check(); err != nil {
		return fmt.Errorf("failed to initialize image manager: %w", err)
	}
	runtime, err := dial(config.ContainerRuntimeEndpoint, config.ImageServiceEndpoint)
	if err != nil {
		return fmt.Errorf("validate service connection: %w", err)
	}
	stats := &statsProvider{minor: settings.minor, disks: disks, runtime: runtime, rootDir: options.rootDir}
	images := newImageManager(settings, options, policy, stats, runtime)
	pods := &podRunner{manifests: config.StaticPodPath, node: options.nodeName(), runtime: runtime}
	evictions := newEvictionManager(settings, config, thresholds, stats, images, runtime, pods)
	failed := make(chan error, 3)
	serve(options, config, stats, failed)
	go images.startRecords()
	images.start()
	go stats.housekeeping()
	go pods.loop()
	go evictions.start()
	return <-failed
}

// schemeless gives the path of a unix:// endpoint.
func schemeless(endpoint string) string {
	return strings.TrimPrefix(endpoint, "unix://")
}

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"time"

	jsonpatch "github.com/evanphx/json-patch"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	v1beta1 "k8s.io/kubelet/config/v1beta1"
	"sigs.k8s.io/yaml"
)

// KubeletConfiguration is the configuration of 1.20 and the later fields that matter here; its name shows in errors.
type KubeletConfiguration struct {
	v1beta1.KubeletConfiguration
	ContainerRuntimeEndpoint     string          `json:"containerRuntimeEndpoint,omitempty"`
	ImageServiceEndpoint         string          `json:"imageServiceEndpoint,omitempty"`
	ImageMaximumGCAge            metav1.Duration `json:"imageMaximumGCAge,omitempty"`
	MergeDefaultEvictionSettings *bool           `json:"mergeDefaultEvictionSettings,omitempty"`
	FailCgroupV1                 *bool           `json:"failCgroupV1,omitempty"`
	LocalStorageIsolation        *bool           `json:"localStorageCapacityIsolation,omitempty"`
}

// laterFields came after 1.20 (minor, 0: somewhere between) and are known to a strict decoder.
var laterFields = map[string]int{
	"containerLogMaxWorkers": 0, "containerLogMonitorInterval": 0, "containerRuntimeEndpoint": 27,
	"cpuManagerPolicyOptions": 0, "crashLoopBackOff": 0, "enableDebugFlagsHandler": 0,
	"enableProfilingHandler": 0, "enableSystemLogQuery": 0, "failCgroupV1": 31, "imageMaximumGCAge": 29,
	"imagePullCredentialsVerificationPolicy": 0, "imageServiceEndpoint": 27, "localStorageCapacityIsolation": 25,
	"maxParallelImagePulls": 0, "memoryManagerPolicy": 0, "memoryReservationPolicy": 0, "memorySwap": 0,
	"memoryThrottlingFactor": 0, "mergeDefaultEvictionSettings": 33, "podLogsDir": 0,
	"preloadedImagesVerificationAllowlist": 0, "registerNode": 0, "registerWithTaints": 0, "reservedMemory": 0,
	"seccompDefault": 0, "shutdownGracePeriodByPodPriority": 0, "singleProcessOOMKill": 0,
	"tlsCurvePreferences": 0, "topologyManagerPolicyOptions": 0, "tracing": 0, "userNamespaces": 0,
}

// loadConfig builds the configuration in force: file, drop-ins, then the command line again; facts/kubelet-gc.md 1.1.
func loadConfig(settings settings, options *options, words []string) (*KubeletConfiguration, error) {
	config := &KubeletConfiguration{}
	if options.config != "" {
		document, err := readMain(settings, options.config)
		if err == nil {
			err = decoding(json.Unmarshal(document, config))
		}
		if err != nil {
			return nil, fmt.Errorf("failed to load kubelet config file, path: %s, error: failed to load Kubelet config file %s, error %w",
				options.config, options.config, err)
		}
		setDefaults(config)
		defaultEvictions(settings.minor, config)
	}
	if options.configDir != "" {
		if settings.minor < 32 {
			return nil, fmt.Errorf("the double knows drop-ins as 1.32 and later merge them, not those of %s", settings.version)
		}
		merged, err := mergeDropins(config, options.configDir, settings.minor)
		if err != nil {
			return nil, fmt.Errorf("failed to merge kubelet configs: failed to walk through kubelet dropin directory %q: %w",
				options.configDir, err)
		}
		config = merged
	}
	setDefaults(config)
	if err := options.override(config, settings.minor, words); err != nil {
		return nil, err
	}
	if err := validate(settings.minor, config); err != nil {
		return nil, fmt.Errorf("failed to validate kubelet configuration, error: %w, path: &TypeMeta{Kind:,APIVersion:,}", err)
	}
	if config.StaticPodPath != "" && !filepath.IsAbs(config.StaticPodPath) {
		config.StaticPodPath = filepath.Join(filepath.Dir(options.config), config.StaticPodPath)
	}
	return config, nil
}

// readMain gives the main file as JSON with its exact field names only; a strict fault is logged and forgiven.
func readMain(settings settings, path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, fmt.Errorf("kubelet config file %q was empty", path)
	}
	document, strict, err := toJSON(data)
	if err != nil {
		return nil, decoding(err)
	}
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(document, &fields); err != nil {
		return nil, decoding(fmt.Errorf("couldn't get version/kind; json parse error: %w", err))
	}
	if err := checkKind(fields, string(data)); err != nil {
		return nil, decoding(err)
	}
	faults := append(strict, dropUnknown(fields, settings.minor)...)
	if len(faults) > 0 {
		logInfo(0, "codec.go:102", "Using lenient decoding as strict decoding failed", "err",
			"strict decoding error: "+strings.Join(faults, ", "))
	}
	return json.Marshal(fields)
}

// toJSON converts YAML unless the text begins with "{"; the second answer are duplicate keys.
func toJSON(data []byte) ([]byte, []string, error) {
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		return data, nil, nil
	}
	document, err := yaml.YAMLToJSONStrict(data)
	if err == nil {
		return document, nil, nil
	}
	strict := strings.TrimPrefix(err.Error(), "error converting YAML to JSON: ")
	document, err = yaml.YAMLToJSON(data)
	return document, []string{strict}, err
}

func checkKind(fields map[string]json.RawMessage, text string) error {
	var kind, version string
	_ = json.Unmarshal(fields["kind"], &kind)
	_ = json.Unmarshal(fields["apiVersion"], &version)
	switch {
	case kind == "":
		return fmt.Errorf("Object 'Kind' is missing in '%s'", text)
	case version == "":
		return fmt.Errorf("Object 'apiVersion' is missing in '%s'", text)
	case version != "kubelet.config.k8s.io/v1beta1":
		return fmt.Errorf("no kind %q is registered for version %q in scheme \"pkg/kubelet/apis/config/scheme/scheme.go:33\"", kind, version)
	case kind != "KubeletConfiguration":
		return fmt.Errorf("no kind %q is registered for version %q in scheme \"pkg/kubelet/apis/config/scheme/scheme.go:33\"", kind, version)
	}
	return nil
}

// dropUnknown removes what is no field of this version, letter case included, and says so.
func dropUnknown(fields map[string]json.RawMessage, minor int) []string {
	known := map[string]bool{}
	for _, name := range jsonNames(reflect.TypeOf(KubeletConfiguration{})) {
		known[name] = true
	}
	for name, since := range laterFields {
		known[name] = since <= minor
	}
	var faults []string
	for name := range fields {
		if !known[name] {
			faults = append(faults, fmt.Sprintf("unknown field %q", name))
			delete(fields, name)
		}
	}
	sort.Strings(faults)
	return faults
}

// mergeDropins lays each *.conf over the configuration, as JSON merge patches, then defaults again (1.32 and later).
func mergeDropins(config *KubeletConfiguration, folder string, minor int) (*KubeletConfiguration, error) {
	merged, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	err = filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if filepath.Ext(entry.Name()) != ".conf" {
			if minor >= 36 {
				logInfo(4, "server.go:296", "Skipped file in drop-in directory (does not have .conf extension)", "file", path)
			}
			return nil
		}
		patch, err := readDropin(path)
		if err == nil {
			merged, err = jsonpatch.MergePatch(merged, patch)
		}
		if err != nil {
			return fmt.Errorf("failed to load kubelet dropin file, path: %s, error: %w", path, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	result := &KubeletConfiguration{}
	return result, json.Unmarshal(merged, result)
}

func readDropin(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, fmt.Errorf("kubelet config file %q was empty", path)
	}
	patch, strict, err := toJSON(data)
	if err != nil {
		return nil, err
	}
	if len(strict) > 0 {
		return nil, fmt.Errorf("strict decoding error: %s", strict[0])
	}
	var header metav1.TypeMeta
	if err := json.Unmarshal(patch, &header); err != nil {
		return nil, err
	}
	if header.Kind != "KubeletConfiguration" || header.APIVersion != "kubelet.config.k8s.io/v1beta1" {
		return nil, fmt.Errorf("unknown apiVersion/kind: %v", header.APIVersion+", Kind="+header.Kind)
	}
	return patch, nil
}

func decoding(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("failed to decode: %w", err)
}

// duration gives a default where the value is zero.
func duration(value *metav1.Duration, fallback time.Duration) {
	if value.Duration == 0 {
		value.Duration = fallback
	}
}

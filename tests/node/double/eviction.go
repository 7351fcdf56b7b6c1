package main

import (
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
)

// evictionManager looks every evictionPeriod; pkg/kubelet/eviction/eviction_manager.go.
type evictionManager struct {
	settings
	thresholds []threshold
	transition time.Duration
	idle       bool
	node       string
	stats      *statsProvider
	images     *imageManager
	runtime    *cri
	pods       *podRunner

	dedicated     *bool
	acting        []threshold
	firstSeen     map[string]time.Time
	pressureSeen  time.Time
	pressure      bool
	lastSeenStats map[string]time.Time
}

func newEvictionManager(s settings, c *KubeletConfiguration, thresholds []threshold, stats *statsProvider, images *imageManager,
	runtime *cri, pods *podRunner) *evictionManager {
	return &evictionManager{
		settings: s, thresholds: thresholds, transition: c.EvictionPressureTransitionPeriod.Duration,
		idle: len(thresholds) == 0 && !*c.LocalStorageIsolation, node: images.node,
		stats: stats, images: images, runtime: runtime, pods: pods,
		firstSeen: map[string]time.Time{}, lastSeenStats: map[string]time.Time{},
	}
}

func (m *evictionManager) start() {
	logInfo(0, "eviction_manager.go:189", "Eviction manager: starting control loop")
	for {
		if !m.idle {
			m.synchronize()
		}
		time.Sleep(m.evictionPeriod)
	}
}

// detectLayout runs until it has succeeded once; then the container thresholds follow from the others (1.29 and later).
func (m *evictionManager) detectLayout() bool {
	if m.dedicated == nil {
		m.stats.disks.refresh()
		dedicated, err := m.stats.dedicated()
		if err != nil {
			logError("eviction_manager.go:261", "Eviction manager: failed to get HasDedicatedImageFs", err)
			return false
		}
		m.dedicated = &dedicated
		if m.minor >= 32 {
			logError("eviction_manager.go:267", "eviction manager: failed to check if we have separate container filesystem. Ignoring.",
				errors.New("no imagefs label for configured runtime"))
		}
	}
	if m.minor >= 29 {
		logInfo(3, "eviction_manager.go:287", "FileSystem detection", "DedicatedImageFs", *m.dedicated, "SplitImageFs", false)
	} else {
		logInfo(3, "eviction_manager.go:251", "Eviction manager: synchronize housekeeping")
	}
	return true
}

// addContainerThresholds copies nodefs.* (one disk) or imagefs.* (an image disk) to containerfs.*; helpers.go
// UpdateContainerFsThresholds.
func (m *evictionManager) addContainerThresholds() {
	source := "nodefs."
	if *m.dedicated {
		source = "imagefs."
	}
	var kept []threshold
	for _, each := range m.thresholds {
		if strings.HasPrefix(each.signal, "containerfs.") {
			kind := "hard"
			if each.grace > 0 {
				kind = "soft"
			}
			logInfo(0, "helpers.go:1290", fmt.Sprintf("found %s for %s eviction. ignoring", each.signal, kind))
			continue
		}
		kept = append(kept, each)
	}
	m.thresholds = kept
	for _, each := range kept {
		if strings.HasPrefix(each.signal, source) {
			each.signal = "containerfs." + strings.TrimPrefix(each.signal, source)
			m.thresholds = append(m.thresholds, each)
		}
	}
}

// synchronize is one look; facts/kubelet-gc.md 4.3.
func (m *evictionManager) synchronize() {
	thresholds := m.thresholds
	first := m.dedicated == nil
	if !m.detectLayout() {
		return
	}
	if first && m.minor >= 29 {
		m.addContainerThresholds()
	}
	seen, err := m.observe("observations")
	if err != nil {
		logError("eviction_manager.go:292", "Eviction manager: failed to get summary stats", err)
		return
	}
	now := time.Now()
	crossed := met(thresholds, seen, false)
	logThresholds("thresholds - ignoring grace period", crossed, seen)
	crossed = union(crossed, met(m.acting, seen, true))
	logThresholds("thresholds - reclaim not satisfied", crossed, seen)
	m.notePressure(crossed, now)
	m.acting = m.pastGrace(crossed, now)
	logThresholds("thresholds - grace periods satisfied", m.acting, seen)
	ready := m.updated(m.acting, seen)
	logThresholds("thresholds - updated stats", ready, seen)
	if len(ready) == 0 {
		logInfo(3, "eviction_manager.go:352", "Eviction manager: no resources are starved")
		return
	}
	sort.SliceStable(ready, func(i, j int) bool {
		return ready[i].signal == "memory.available" && ready[j].signal != "memory.available"
	})
	m.reclaim(ready[0])
}

// observe takes fresh statistics: of the memory, of the node's and of the images' file system.
func (m *evictionManager) observe(what string) (map[string]observation, error) {
	m.stats.disks.refresh()
	_, node, err := m.stats.nodeFs()
	if err != nil {
		return nil, fmt.Errorf("failed to get rootFs info: %v", err)
	}
	images, err := m.stats.images()
	if err != nil {
		return nil, fmt.Errorf("failed to get imageFs stats: %v", err)
	}
	seen := map[string]observation{}
	put := func(name string, fs fsStats) {
		seen[name+".available"] = observation{int64(fs.available), int64(fs.capacity), fs.time, resource.BinarySI}
		seen[name+".inodesFree"] = observation{int64(fs.inodesFree), int64(fs.inodes), fs.time, resource.DecimalSI}
	}
	put("nodefs", node)
	if images.capacity > 0 {
		put("imagefs", images.fsStats)
		if m.minor >= 29 {
			put("containerfs", images.fsStats)
		}
	}
	if available, total, err := memory(); err == nil {
		seen["memory.available"] = observation{available, total, time.Now(), resource.BinarySI}
	}
	for signal, each := range seen {
		logInfo(3, "helpers.go:977", "Eviction manager:", "log", what, "signal", signal, "resourceName", resources[signal],
			"available", each.text(each.available), "capacity", each.text(each.capacity), "time", each.time.UTC().Round(0))
	}
	return seen, nil
}

// memory is MemAvailable and MemTotal in bytes: near enough, nothing here is about memory.
func memory() (int64, int64, error) {
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, 0, err
	}
	values := map[string]int64{}
	for _, line := range strings.Split(string(data), "\n") {
		var name string
		var kib int64
		if n, _ := fmt.Sscanf(line, "%s %d", &name, &kib); n == 2 {
			values[name] = kib * 1024
		}
	}
	return values["MemAvailable:"], values["MemTotal:"], nil
}

func logThresholds(what string, thresholds []threshold, seen map[string]observation) {
	for _, each := range thresholds {
		now := seen[each.signal]
		logInfo(3, "helpers.go:993", "Eviction manager: threshold observed resource", "log", what, "signal", each.signal,
			"resourceName", resources[each.signal], "quantity", now.text(each.value.of(now.capacity)), "available", now.text(now.available))
	}
}

func union(some, more []threshold) []threshold {
	for _, each := range more {
		known := false
		for _, other := range some {
			known = known || each.same(other)
		}
		if !known {
			some = append(some, each)
		}
	}
	return some
}

// notePressure keeps DiskPressure for the transition period after it was last seen.
func (m *evictionManager) notePressure(crossed []threshold, now time.Time) {
	for _, each := range crossed {
		if resources[each.signal] == "ephemeral-storage" || resources[each.signal] == "inodes" {
			m.pressureSeen = now
		}
	}
	if m.pressureSeen.Equal(now) {
		logInfo(3, "eviction_manager.go:327", "Eviction manager: node conditions - observed", "nodeCondition", []string{"DiskPressure"})
	}
	before := m.pressure
	m.pressure = now.Sub(m.pressureSeen) < m.transition
	if m.pressure {
		logInfo(3, "eviction_manager.go:336", "Eviction manager: node conditions - transition period not met", "nodeCondition", []string{"DiskPressure"})
	}
	if m.pressure != before {
		reason := map[bool]string{true: "NodeHasDiskPressure", false: "NodeHasNoDiskPressure"}[m.pressure]
		logEvent(m.node, "Normal", reason, fmt.Sprintf("Node %s status is now: %s", m.node, reason))
	}
}

// pastGrace keeps the thresholds whose grace period is over.
func (m *evictionManager) pastGrace(crossed []threshold, now time.Time) []threshold {
	firstSeen := map[string]time.Time{}
	var found []threshold
	for _, each := range crossed {
		key := fmt.Sprint(each.signal, each.grace)
		since, known := m.firstSeen[key]
		if !known {
			since = now
		}
		firstSeen[key] = since
		if now.Sub(since) >= each.grace {
			found = append(found, each)
		}
	}
	m.firstSeen = firstSeen
	return found
}

// updated keeps the thresholds whose statistics are newer than the last look's.
func (m *evictionManager) updated(thresholds []threshold, seen map[string]observation) []threshold {
	var found []threshold
	for _, each := range thresholds {
		if seen[each.signal].time.After(m.lastSeenStats[each.signal]) {
			found = append(found, each)
		}
	}
	for signal, each := range seen {
		m.lastSeenStats[signal] = each.time
	}
	return found
}

// reclaim acts on one threshold: node resources first, then pods.
func (m *evictionManager) reclaim(chosen threshold) {
	name := resources[chosen.signal]
	logInfo(0, "eviction_manager.go:376", "Eviction manager: attempting to reclaim", "resourceName", name)
	logEvent(m.node, "Warning", "EvictionThresholdMet", "Attempting to reclaim "+name)
	if m.reclaimsNode(chosen.signal) {
		logInfo(0, "container_gc.go:86", "Attempting to delete unused containers")
		for _, act := range []func() error{m.runtime.removeDead, m.images.deleteUnused} {
			if err := act(); err != nil {
				logInfo(0, "eviction_manager.go:460", "Eviction manager: unexpected error when attempting to reduce resource pressure",
					"resourceName", name, "err", err)
			}
		}
		seen, err := m.observe("observations after resource reclaim")
		if err != nil {
			logError("eviction_manager.go:470", "Eviction manager: failed to get summary stats after resource reclaim", err)
		} else if left := met(m.thresholds, seen, true); len(left) == 0 {
			logInfo(0, "eviction_manager.go:383", "Eviction manager: able to reduce resource pressure without evicting pods.", "resourceName", name)
			return
		}
	}
	logInfo(0, "eviction_manager.go:387", "Eviction manager: must evict pod(s) to reclaim", "resourceName", name)
	active := m.pods.active()
	if len(active) == 0 {
		logError("eviction_manager.go:399", "Eviction manager: eviction thresholds have been met, but no pods are active to evict", nil)
		return
	}
	logInfo(0, "eviction_manager.go:405", "Eviction manager: pods ranked for eviction", "pods", active)
	for _, pod := range active {
		// The double runs static pods only, and those are critical.
		logError("eviction_manager.go:611", "Eviction manager: cannot evict a critical pod", nil, "pod", pod)
	}
	logInfo(0, "eviction_manager.go:439", "Eviction manager: unable to evict any pods from the node")
}

// reclaimsNode says whether this signal makes the kubelet delete containers and images; facts/kubelet-gc.md 4.5.
func (m *evictionManager) reclaimsNode(signal string) bool {
	switch strings.Split(signal, ".")[0] {
	case "nodefs":
		return !*m.dedicated
	case "imagefs":
		return true
	case "containerfs":
		return m.minor >= 32
	}
	return false
}

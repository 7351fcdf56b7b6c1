package main

import (
	"errors"
	"fmt"
	"math"
	"sort"
	"strings"
	"sync"
	"time"
)

// gcPolicy is NewImageGCManager's ImageGCPolicy: percents and ages.
type gcPolicy struct {
	high, low      int64
	minAge, maxAge time.Duration
}

func (p gcPolicy) check() error {
	switch {
	case p.high < 0 || p.high > 100:
		return fmt.Errorf("invalid HighThresholdPercent %d, must be in range [0-100]", p.high)
	case p.low < 0 || p.low > 100:
		return fmt.Errorf("invalid LowThresholdPercent %d, must be in range [0-100]", p.low)
	case p.low > p.high:
		return fmt.Errorf("LowThresholdPercent %d can not be higher than HighThresholdPercent %d", p.low, p.high)
	}
	return nil
}

type record struct {
	firstDetected, lastUsed time.Time
	size                    int64
	pinned                  bool
}

// imageManager collects images; pkg/kubelet/images/image_gc_manager.go.
type imageManager struct {
	settings
	policy       gcPolicy
	node         string
	sandboxImage string
	stats        *statsProvider
	runtime      *cri
	began        time.Time
	lock         sync.Mutex
	records      map[string]*record
	initialized  bool
	failures     int
}

func newImageManager(s settings, o *options, policy gcPolicy, stats *statsProvider, runtime *cri) *imageManager {
	return &imageManager{settings: s, policy: policy, node: o.nodeName(), sandboxImage: o.sandboxImage, stats: stats,
		runtime: runtime, began: time.Now(), records: map[string]*record{}}
}

// startRecords notes the images from the start on; 1.28 and earlier take those of the first look for very old.
func (m *imageManager) startRecords() {
	for {
		detected := time.Now()
		if m.minor <= 28 && !m.initialized {
			detected = time.Time{}
		}
		m.lock.Lock()
		_, err := m.detect(detected)
		m.lock.Unlock()
		m.initialized = m.initialized || err == nil
		time.Sleep(m.gcPeriod)
	}
}

// start collects at once, before it returns, and then gcPeriod after each end; pkg/kubelet/kubelet.go StartGarbageCollection.
func (m *imageManager) start() {
	switch {
	case m.policy.high != 100:
	case m.minor < 30:
		logInfo(2, "kubelet.go:1445", "ImageGCHighThresholdPercent is set 100, Disable image GC")
		return
	case m.policy.maxAge == 0:
		logInfo(2, "kubelet.go:1445", "ImageGCHighThresholdPercent is set 100 and ImageMaximumGCAge is 0, Disable image GC")
		return
	}
	if m.statsAtStart {
		m.stats.disks.refresh()
	}
	m.attempt()
	go func() {
		for {
			time.Sleep(m.gcPeriod)
			m.attempt()
		}
	}()
}

// attempt is one collection with its log line; only failures in a row become an event.
func (m *imageManager) attempt() {
	err := m.collect()
	if err != nil {
		m.failures++
	}
	switch {
	case err == nil && m.failures > 0:
		logInfo(1, "kubelet.go:1438", "Image garbage collection succeeded")
		m.failures = 0
	case err == nil:
		logInfo(4, "kubelet.go:1438", "Image garbage collection succeeded")
	case m.failures == 1:
		logError("kubelet.go:1428", "Image garbage collection failed once. Stats initialization may not have completed yet", err)
	default:
		logError("kubelet.go:1424", "Image garbage collection failed multiple times in a row", err)
		logEvent(m.node, "Warning", "ImageGCFailed", err.Error())
	}
}

// collect is GarbageCollect: images past their age first, then down to the low threshold.
func (m *imageManager) collect() error {
	began := time.Now()
	if err := m.collectOld(began); err != nil {
		return err
	}
	stats, err := m.stats.images()
	if err != nil {
		return err
	}
	capacity, available := int64(stats.capacity), int64(stats.available)
	if available > capacity {
		logInfo(0, "image_gc_manager.go:365", "Availability is larger than capacity", "available", available, "capacity", capacity)
		available = capacity
	}
	if capacity == 0 {
		err := errors.New("invalid capacity 0 on image filesystem")
		logEvent(m.node, "Warning", "InvalidDiskCapacity", err.Error())
		return err
	}
	usage := 100 - available*100/capacity
	if usage < m.policy.high {
		return nil
	}
	amount := capacity*(100-m.policy.low)/100 - available
	logInfo(0, "image_gc_manager.go:383", "Disk usage on image filesystem is over the high threshold, "+
		"trying to free bytes down to the low threshold",
		"usage", usage, "highThreshold", m.policy.high, "amountToFree", amount, "lowThreshold", m.policy.low)
	freed, err := m.freeSpace(amount, time.Now())
	if err != nil {
		return err
	}
	if freed < amount {
		err := errors.New(m.notEnough(usage, capacity, amount, freed))
		logEvent(m.node, "Warning", "FreeDiskSpaceFailed", err.Error())
		return err
	}
	return nil
}

// notEnough is the text for a collection that found too little, by version.
func (m *imageManager) notEnough(usage, capacity, amount, freed int64) string {
	switch {
	case m.minor <= 25:
		return fmt.Sprintf("failed to garbage collect required amount of images. Wanted to free %d bytes, but freed %d bytes", amount, freed)
	case m.minor <= 34:
		return fmt.Sprintf("Failed to garbage collect required amount of images. Attempted to free %d bytes, "+
			"but only found %d bytes eligible to free.", amount, freed)
	}
	return fmt.Sprintf("Insufficient free disk space on the node's image filesystem (%d%% of %s used). Failed to free sufficient space by "+
		"deleting unused images (freed %d bytes). Investigate disk usage, as it could be used by active images, logs, volumes, or other data.",
		usage, formatSize(capacity), freed)
}

func formatSize(bytes int64) string {
	if bytes < 1024 {
		return fmt.Sprintf("%d B", bytes)
	}
	value, unit := float64(bytes)/1024, 0
	for ; value >= 1024 && unit < 3; unit++ {
		value /= 1024
	}
	return fmt.Sprintf("%.1f %s", value, []string{"KiB", "MiB", "GiB", "TiB"}[unit])
}

// detect looks at all images: new ones are stamped, used ones noted. The caller holds the lock.
func (m *imageManager) detect(detected time.Time) (map[string]bool, error) {
	listed, err := m.runtime.listImages()
	if err != nil {
		return nil, err
	}
	containers, err := m.runtime.containers()
	if err != nil {
		return nil, err
	}
	used := map[string]bool{}
	for _, each := range containers {
		used[each.ImageRef] = true
	}
	now := time.Now()
	present := map[string]bool{}
	for _, each := range listed {
		present[each.id] = true
		if m.minor <= 28 {
			for _, name := range each.names {
				used[each.id] = used[each.id] || name == m.sandboxImage
			}
		}
		if m.records[each.id] == nil {
			m.records[each.id] = &record{firstDetected: detected}
		}
		if used[each.id] {
			m.records[each.id].lastUsed = now
		}
		m.records[each.id].size, m.records[each.id].pinned = each.size, each.pinned
	}
	for id := range m.records {
		if !present[id] {
			delete(m.records, id)
		}
	}
	return used, nil
}

// inOrder gives the ids of unused, unpinned images: by last use, then by first sight. The caller holds the lock.
func (m *imageManager) inOrder(used map[string]bool) []string {
	var ids []string
	for id, each := range m.records {
		if !used[id] && !each.pinned {
			ids = append(ids, id)
		}
	}
	sort.Slice(ids, func(i, j int) bool {
		a, b := m.records[ids[i]], m.records[ids[j]]
		if a.lastUsed.Equal(b.lastUsed) {
			return a.firstDetected.Before(b.firstDetected)
		}
		return a.lastUsed.Before(b.lastUsed)
	})
	return ids
}

// freeSpace deletes unused images until the sum of their sizes is enough; the disk is not looked at again.
func (m *imageManager) freeSpace(wanted int64, began time.Time) (int64, error) {
	m.lock.Lock()
	defer m.lock.Unlock()
	used, err := m.detect(began)
	if err != nil {
		return 0, err
	}
	var freed int64
	var faults []string
	for _, id := range m.inOrder(used) {
		each := m.records[id]
		if !each.lastUsed.Before(began) || began.Sub(each.firstDetected) < m.policy.minAge {
			continue
		}
		if err := m.remove(id, each.size); err != nil {
			faults = append(faults, err.Error())
			continue
		}
		freed += each.size
		if freed >= wanted {
			break
		}
	}
	if len(faults) > 0 {
		return freed, fmt.Errorf("wanted to free %d bytes, but freed %d bytes space with errors in image deletion: %s",
			wanted, freed, aggregate(faults))
	}
	return freed, nil
}

// collectOld deletes unused images past the maximum age; only once the kubelet itself is that old (1.30 and later).
func (m *imageManager) collectOld(began time.Time) error {
	if m.policy.maxAge == 0 || m.minor < 29 || m.minor >= 30 && began.Sub(m.began) <= m.policy.maxAge {
		return nil
	}
	m.lock.Lock()
	defer m.lock.Unlock()
	used, err := m.detect(began)
	if err != nil {
		return err
	}
	var faults []string
	for _, id := range m.inOrder(used) {
		if each := m.records[id]; began.Sub(each.lastUsed) > m.policy.maxAge {
			if err := m.remove(id, each.size); err != nil {
				faults = append(faults, err.Error())
			}
		}
	}
	if len(faults) > 0 {
		return fmt.Errorf("wanted to free images older than %v, encountered errors in image deletion: %s", m.policy.maxAge, strings.Join(faults, ", "))
	}
	return nil
}

// deleteUnused deletes every unused image that is old enough; the eviction manager's first resort.
func (m *imageManager) deleteUnused() error {
	logInfo(0, "image_gc_manager.go:420", "Attempting to delete unused images")
	_, err := m.freeSpace(math.MaxInt64, time.Now())
	return err
}

func (m *imageManager) remove(id string, size int64) error {
	pairs := []interface{}{"imageID", id, "size", size}
	if m.minor >= 29 {
		pairs = append(pairs, "runtimeHandler", "")
	}
	logInfo(0, "image_gc_manager.go:487", "Removing image to free bytes", pairs...)
	if err := m.runtime.removeImage(id); err != nil {
		return err
	}
	delete(m.records, id)
	return nil
}

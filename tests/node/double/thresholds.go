package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
)

// amount is a percentage (a float32, as a fraction) or, if not nil, a quantity.
type amount struct {
	fraction float32
	quantity *resource.Quantity
}

// of is the amount in units of the capacity; evictionapi.GetThresholdQuantity: float32 made wider, then cut.
func (a amount) of(capacity int64) int64 {
	if a.quantity != nil {
		return a.quantity.Value()
	}
	return int64(float64(capacity) * float64(a.fraction))
}

type threshold struct {
	signal  string
	value   *amount // nil: never met
	grace   time.Duration
	reclaim *amount
}

func (t threshold) same(other threshold) bool {
	return t.signal == other.signal && t.grace == other.grace && t.value == other.value
}

// resources are what a signal is about, as the kubelet names it.
var resources = map[string]string{
	"memory.available": "memory", "allocatableMemory.available": "memory", "pid.available": "pids",
	"nodefs.available": "ephemeral-storage", "nodefs.inodesFree": "inodes",
	"imagefs.available": "ephemeral-storage", "imagefs.inodesFree": "inodes",
	"containerfs.available": "ephemeral-storage", "containerfs.inodesFree": "inodes",
}

func checkSignal(minor int, signal string) error {
	if resources[signal] == "" || minor < 29 && strings.HasPrefix(signal, "containerfs.") {
		return fmt.Errorf("unsupported eviction signal %v", signal)
	}
	return nil
}

// parseThresholds reads the four eviction maps; pkg/kubelet/eviction/helpers.go ParseThresholdConfig.
func parseThresholds(minor int, c *KubeletConfiguration) ([]threshold, error) {
	hard, err := statements(minor, c.EvictionHard)
	if err != nil {
		return nil, err
	}
	soft, err := statements(minor, c.EvictionSoft)
	if err != nil {
		return nil, err
	}
	graces, err := gracePeriods(minor, c.EvictionSoftGracePeriod)
	if err != nil {
		return nil, err
	}
	reclaims, err := minimumReclaims(minor, c.EvictionMinimumReclaim)
	if err != nil {
		return nil, err
	}
	for i := range soft {
		grace, ok := graces[soft[i].signal]
		if !ok {
			return nil, fmt.Errorf("grace period must be specified for the soft eviction threshold %v", soft[i].signal)
		}
		soft[i].grace = grace
	}
	all := append(hard, soft...)
	for i := range all {
		all[i].reclaim = reclaims[all[i].signal]
	}
	return all, nil
}

func statements(minor int, texts map[string]string) ([]threshold, error) {
	var found []threshold
	for signal, text := range texts {
		if err := checkSignal(minor, signal); err != nil {
			return nil, err
		}
		if text == "0%" || text == "100%" {
			continue
		}
		value, err := parseAmount(text)
		if err != nil {
			return nil, err
		}
		switch {
		case value.quantity != nil && value.quantity.Sign() <= 0:
			return nil, fmt.Errorf("eviction threshold %v must be positive: %s", signal, value.quantity)
		case value.fraction < 0:
			return nil, fmt.Errorf("eviction percentage threshold %v must be >= 0%%: %s", signal, text)
		case value.fraction > 1:
			return nil, fmt.Errorf("eviction percentage threshold %v must be <= 100%%: %s", signal, text)
		}
		found = append(found, threshold{signal: signal, value: value})
	}
	return found, nil
}

func parseAmount(text string) (*amount, error) {
	if strings.HasSuffix(text, "%") {
		percent, err := strconv.ParseFloat(strings.TrimRight(text, "%"), 32)
		return &amount{fraction: float32(percent) / 100}, err
	}
	quantity, err := resource.ParseQuantity(text)
	return &amount{quantity: &quantity}, err
}

func gracePeriods(minor int, texts map[string]string) (map[string]time.Duration, error) {
	found := map[string]time.Duration{}
	for signal, text := range texts {
		if err := checkSignal(minor, signal); err != nil {
			return nil, err
		}
		grace, err := time.ParseDuration(text)
		if err != nil {
			return nil, err
		}
		if grace < 0 {
			return nil, fmt.Errorf("invalid eviction grace period specified: %v, must be a positive value", text)
		}
		found[signal] = grace
	}
	return found, nil
}

func minimumReclaims(minor int, texts map[string]string) (map[string]*amount, error) {
	found := map[string]*amount{}
	for signal, text := range texts {
		if err := checkSignal(minor, signal); err != nil {
			return nil, err
		}
		value, err := parseAmount(text)
		if err != nil {
			return nil, err
		}
		if value.quantity == nil && value.fraction <= 0 {
			return nil, fmt.Errorf("eviction percentage minimum reclaim %v must be positive: %s", signal, text)
		}
		if value.quantity != nil && value.quantity.Sign() < 0 {
			return nil, fmt.Errorf("negative eviction minimum reclaim specified for %v", signal)
		}
		found[signal] = value
	}
	return found, nil
}

// observation is what one sync sees of a signal.
type observation struct {
	available, capacity int64
	time                time.Time
	format              resource.Format
}

func (o observation) text(value int64) *resource.Quantity {
	return resource.NewQuantity(value, o.format)
}

// met are the thresholds above what is available, with the minimum reclaim on top if it is to be had too.
func met(thresholds []threshold, seen map[string]observation, withReclaim bool) []threshold {
	var found []threshold
	for _, each := range thresholds {
		now, ok := seen[each.signal]
		if !ok {
			logInfo(0, "helpers.go:812", "Eviction manager: no observation found for eviction signal", "signal", each.signal)
			continue
		}
		if each.value == nil {
			continue
		}
		wanted := each.value.of(now.capacity)
		if withReclaim && each.reclaim != nil {
			wanted += each.reclaim.of(now.capacity)
		}
		if wanted > now.available {
			found = append(found, each)
		}
	}
	return found
}

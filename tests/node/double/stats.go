package main

import (
	"errors"
	"fmt"
	"time"
)

// imageFs is what the kubelet says of the image file system: cAdvisor's numbers, the runtime's own usage.
type imageFs struct {
	fsStats
	device             string
	usedByRuntime      uint64
	inodesUsedByImages uint64
	runtimeTime        time.Time
}

// statsProvider answers for node and image file system (pkg/kubelet/stats).
type statsProvider struct {
	minor   int
	disks   *disks
	runtime *cri
	rootDir string
}

// housekeeping refreshes the cached numbers every 10 s.
func (s *statsProvider) housekeeping() {
	for {
		s.disks.refresh()
		time.Sleep(10 * time.Second)
	}
}

// nodeFs is the file system of --root-dir.
func (s *statsProvider) nodeFs() (string, fsStats, error) {
	return s.disks.of(s.rootDir)
}

// images is the file system that the runtime's first image file system lies on, as the table of the start sees it;
// pkg/kubelet/stats/cri_stats_provider.go ImageFsStats.
func (s *statsProvider) images() (imageFs, error) {
	usage, err := s.runtime.imageFsInfo()
	if err != nil {
		return imageFs{}, err
	}
	found := imageFs{
		usedByRuntime: usage.GetUsedBytes().GetValue(), inodesUsedByImages: usage.GetInodesUsed().GetValue(),
		runtimeTime: time.Unix(0, usage.Timestamp),
	}
	dir := usage.GetFsId().GetMountpoint()
	found.device, found.fsStats, err = s.disks.of(dir)
	if err == nil {
		return found, nil
	}
	if found.device != "" {
		// The stats are not there yet: no error, but a capacity of 0.
		logInfo(2, "cri_stats_provider.go:577", "Failed to get the info of the filesystem with mountpoint", "mountpoint", dir, "err", err)
		return found, nil
	}
	logError("cri_stats_provider.go:580", "Failed to get the info of the filesystem with mountpoint", err, "mountpoint", dir)
	if s.minor >= 29 {
		text := fmt.Errorf("Failed to get the info of the filesystem with mountpoint: %v", err) //lint:ignore ST1005 the kubelet's own
		return found, fmt.Errorf("get filesystem info: %v", text)
	}
	return found, nil
}

// dedicated says whether images and node lie on different devices; provider.go HasDedicatedImageFs.
func (s *statsProvider) dedicated() (bool, error) {
	node, _, err := s.nodeFs()
	if err != nil {
		return false, err
	}
	images, err := s.images()
	if err != nil {
		return false, err
	}
	if images.device == "" {
		return false, errors.New("image filesystem not known")
	}
	return node != images.device, nil
}

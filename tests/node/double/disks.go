package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// partition prints with %+v as cAdvisor's own does in "Filesystem partitions".
type partition struct {
	mountpoint string
	major      uint
	minor      uint
	fsType     string
	blockSize  uint
}

type mount struct {
	source, mountpoint, fsType string
	major, minor               uint
}

// fsStats are one statfs: bytes and inodes.
type fsStats struct {
	capacity, available, free uint64
	inodes, inodesFree        uint64
	time                      time.Time
}

// disks is the table read once at the start, and the last statfs of each disk in it (cAdvisor fs.RealFsInfo).
type disks struct {
	partitions map[string]partition
	mounts     map[string]mount
	lock       sync.Mutex
	cached     map[string]fsStats
}

var errNotInTable = errors.New("could not find device in cached partitions map")

// newDisks reads the mount table, for the only time; cAdvisor fs/fs.go NewFsInfo, processMounts.
func newDisks(path string) (*disks, error) {
	mounts, err := readMounts(path)
	if err != nil {
		return nil, err
	}
	found := &disks{partitions: map[string]partition{}, mounts: map[string]mount{}, cached: map[string]fsStats{}}
	for _, each := range mounts {
		found.mounts[each.mountpoint] = each
		found.keep(each)
	}
	found.addRoot()
	logPlain(1, "fs.go:136", fmt.Sprintf("Filesystem partitions: %+v", found.partitions))
	return found, nil
}

func readMounts(path string) ([]mount, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var found []mount
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		left, right, ok := strings.Cut(lines.Text(), " - ")
		fields, rest := strings.Fields(left), strings.Fields(right)
		if !ok || len(fields) < 6 || len(rest) < 2 {
			return nil, fmt.Errorf("mount table line %q", lines.Text())
		}
		one := mount{source: unescape(rest[1]), mountpoint: unescape(fields[4]), fsType: rest[0]}
		if _, err := fmt.Sscanf(fields[2], "%d:%d", &one.major, &one.minor); err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	return found, lines.Err()
}

func unescape(text string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(text)
}

// keep puts a mount into the partition table if its type is kept and its source is new.
func (d *disks) keep(m mount) {
	switch {
	case strings.HasPrefix(m.fsType, "ext"), strings.HasPrefix(m.fsType, "nfs"):
	case m.fsType == "btrfs", m.fsType == "xfs", m.fsType == "zfs":
	case m.fsType == "tmpfs":
		m.source = m.mountpoint
	case m.fsType == "overlay":
		m.source = fmt.Sprintf("%s_%d-%d", m.source, m.major, m.minor)
	default:
		return
	}
	if _, known := d.partitions[m.source]; known {
		return
	}
	if m.fsType == "btrfs" && m.major == 0 {
		var status syscall.Stat_t
		if syscall.Stat(m.mountpoint, &status) == nil {
			m.major, m.minor = devMajor(status.Dev), devMinor(status.Dev)
		}
	}
	d.partitions[m.source] = partition{mountpoint: m.mountpoint, major: m.major, minor: m.minor, fsType: m.fsType}
}

// addRoot adds "/" if its type was not kept.
func (d *disks) addRoot() {
	for _, each := range d.partitions {
		if each.mountpoint == "/" {
			return
		}
	}
	if root, ok := d.mounts["/"]; ok {
		d.partitions[root.source] = partition{mountpoint: "/", major: root.major, minor: root.minor, fsType: root.fsType}
	}
}

func devMajor(dev uint64) uint { return uint((dev>>8)&0xfff | (dev>>32)&^0xfff) }
func devMinor(dev uint64) uint { return uint(dev&0xff | (dev>>12)&^0xff) }

// device gives the source that is measured for a directory: its device if it stood in the table, else in silence the
// nearest ancestor mount's, if that is one of /dev; cAdvisor fs/fs.go GetDirFsDevice of 1.23 and later.
func (d *disks) device(dir string) (string, error) {
	var status syscall.Stat_t
	if err := syscall.Stat(dir, &status); err != nil {
		return "", fmt.Errorf("stat failed on %s with error: %s", dir, err)
	}
	major, minor := devMajor(status.Dev), devMinor(status.Dev)
	for source, each := range d.partitions {
		if each.major == major && each.minor == minor {
			return source, nil
		}
	}
	if above, ok := d.above(dir); ok && strings.HasPrefix(above.source, "/dev/") {
		return above.source, nil
	}
	return "", fmt.Errorf("with major: %d, minor: %d: %w", major, minor, errNotInTable)
}

func (d *disks) above(dir string) (mount, bool) {
	for ; ; dir = filepath.Dir(dir) {
		if found, ok := d.mounts[dir]; ok || dir == "/" || dir == "." {
			return found, ok
		}
	}
}

// of gives the cached numbers of a directory's device; refresh asks the kernel first.
func (d *disks) of(dir string) (string, fsStats, error) {
	source, err := d.device(dir)
	if err != nil {
		return "", fsStats{}, fmt.Errorf("failed to get device for dir %q: %w", dir, err)
	}
	each, ok := d.partitions[source]
	if !ok {
		return "", fsStats{}, fmt.Errorf("no partition info for device %q", source)
	}
	d.lock.Lock()
	defer d.lock.Unlock()
	stats, ok := d.cached[each.mountpoint]
	if !ok {
		return source, fsStats{}, errors.New("unable to find data in memory cache")
	}
	return source, stats, nil
}

// refresh takes the statfs of every disk of the table.
func (d *disks) refresh() {
	fresh := map[string]fsStats{}
	for _, each := range d.partitions {
		var s syscall.Statfs_t
		if err := syscall.Statfs(each.mountpoint, &s); err != nil {
			continue
		}
		unit := uint64(s.Frsize)
		fresh[each.mountpoint] = fsStats{
			capacity: unit * s.Blocks, available: unit * s.Bavail, free: unit * s.Bfree,
			inodes: s.Files, inodesFree: s.Ffree, time: time.Now(),
		}
	}
	d.lock.Lock()
	defer d.lock.Unlock()
	d.cached = fresh
}

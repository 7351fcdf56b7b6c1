package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// settingsFile is what tells the double which kubelet it stands for; a real kubelet does not know it.
const settingsFile = "/etc/kubelet-double.conf"

type settings struct {
	version        string        // as --version says it: v1.32.10
	minor          int           // 32
	gcPeriod       time.Duration // a kubelet: 5m
	evictionPeriod time.Duration // a kubelet: 10s
	statsAtStart   bool          // whether the first image GC finds stats (3 of 18 starts) or capacity 0 (15 of 18)
}

// readSettings reads lines "name=value"; a missing file leaves the periods of a kubelet.
func readSettings(path string) (settings, error) {
	found := settings{version: "v1.32.10", gcPeriod: 5 * time.Minute, evictionPeriod: 10 * time.Second}
	data, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return found, err
	}
	for _, line := range strings.Fields(string(data)) {
		name, value, _ := strings.Cut(line, "=")
		switch name {
		case "version":
			found.version = value
		case "gc-period":
			found.gcPeriod, err = time.ParseDuration(value)
		case "eviction-period":
			found.evictionPeriod, err = time.ParseDuration(value)
		case "stats-at-start":
			found.statsAtStart, err = strconv.ParseBool(value)
		default:
			err = fmt.Errorf("%s: unknown setting %q", path, name)
		}
		if err != nil {
			return found, err
		}
	}
	match := regexp.MustCompile(`^v1\.(\d+)\.\d+`).FindStringSubmatch(found.version)
	if match == nil {
		return found, fmt.Errorf("%s: version %q", path, found.version)
	}
	found.minor, err = strconv.Atoi(match[1])
	if err == nil && found.minor < 23 {
		err = fmt.Errorf("the double stands for 1.23 and later, not %s", found.version)
	}
	return found, err
}

package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// verbosity is --v.
var verbosity int

var logLock sync.Mutex

// logInfo writes a structured Info line as klog does; where is the kubelet's own file and line.
func logInfo(level int, where, message string, pairs ...interface{}) {
	if level <= verbosity {
		logLine('I', where, strconv.Quote(message)+keysAndValues(pairs))
	}
}

// logPlain writes an unstructured Info line (cAdvisor's).
func logPlain(level int, where, message string) {
	if level <= verbosity {
		logLine('I', where, message)
	}
}

// logError writes a structured Error line; errors show at every verbosity.
func logError(where, message string, err error, pairs ...interface{}) {
	if err != nil {
		pairs = append([]interface{}{"err", err}, pairs...)
	}
	logLine('E', where, strconv.Quote(message)+keysAndValues(pairs))
}

// logEvent writes what the kubelet's event broadcaster logs for an event on the node.
func logEvent(node, kind, reason, message string) {
	logInfo(3, "event.go:389", "Event occurred", "object", node, "fieldPath", "", "kind", "Node",
		"apiVersion", "v1", "type", kind, "reason", reason, "message", message)
}

func logLine(severity byte, where, text string) {
	now := time.Now()
	head := fmt.Sprintf("%c%s %7d %s] ", severity, now.Format("0102 15:04:05.000000"), os.Getpid(), where)
	logLock.Lock()
	defer logLock.Unlock()
	os.Stderr.WriteString(head + text + "\n")
}

func keysAndValues(pairs []interface{}) string {
	var out bytes.Buffer
	for i := 0; i+1 < len(pairs); i += 2 {
		fmt.Fprintf(&out, " %s=%s", pairs[i], logValue(pairs[i+1]))
	}
	return out.String()
}

// logValue writes strings and errors quoted, those of several lines between "<" and ">", lists in JSON.
func logValue(value interface{}) string {
	switch v := value.(type) {
	case error:
		return logText(v.Error())
	case string:
		return logText(v)
	case fmt.Stringer:
		return logText(v.String())
	case []string:
		quoted := make([]string, len(v))
		for i, each := range v {
			quoted[i] = strconv.Quote(each)
		}
		return "[" + strings.Join(quoted, ",") + "]"
	default:
		return fmt.Sprintf("%+v", v)
	}
}

func logText(text string) string {
	if !strings.Contains(text, "\n") {
		return strconv.Quote(text)
	}
	return "<\n\t" + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n\t") + "\n >"
}

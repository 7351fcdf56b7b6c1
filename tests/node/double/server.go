package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"strconv"
	"time"
)

// server answers what the inspector may ask of a kubelet.
type server struct {
	node   string
	config *KubeletConfiguration
	stats  *statsProvider
	began  time.Time
}

// serve opens the kubelet's ports: healthz, https with the configured authentication, and the read-only one.
func serve(o *options, c *KubeletConfiguration, stats *statsProvider, failed chan<- error) {
	s := &server{node: o.nodeName(), config: c, stats: stats, began: time.Now()}
	health := http.NewServeMux()
	health.HandleFunc("/healthz", healthy)
	open := http.NewServeMux()
	open.HandleFunc("/healthz", healthy)
	open.HandleFunc("/stats/summary", s.summary)
	all := http.NewServeMux()
	all.Handle("/", open)
	all.HandleFunc("/configz", s.configz)
	if *c.HealthzPort > 0 {
		go listen(c.HealthzBindAddress, *c.HealthzPort, health, nil, failed)
	}
	if c.ReadOnlyPort > 0 {
		go listen(c.Address, c.ReadOnlyPort, open, nil, failed)
	}
	certificate, err := selfSigned(s.node)
	if err != nil {
		failed <- err
		return
	}
	go listen(c.Address, c.Port, s.authenticated(all), certificate, failed)
}

func listen(address string, port int32, handler http.Handler, certificate *tls.Certificate, failed chan<- error) {
	made := &http.Server{Addr: net.JoinHostPort(address, strconv.Itoa(int(port))), Handler: handler}
	if certificate == nil {
		failed <- made.ListenAndServe()
		return
	}
	made.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*certificate}}
	failed <- made.ListenAndServeTLS("", "")
}

// authenticated lets anonymous callers in if the configuration does, and nobody else: the double knows no tokens.
func (s *server) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !*s.config.Authentication.Anonymous.Enabled:
			http.Error(w, "Unauthorized", http.StatusUnauthorized)
		case s.config.Authorization.Mode != "AlwaysAllow":
			http.Error(w, fmt.Sprintf("Forbidden (user=system:anonymous, verb=get, resource=nodes, path=%s)", r.URL.Path), http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func healthy(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }

func (s *server) configz(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]interface{}{"kubeletconfig": s.config})
}

// fsAnswer is FsStats of stats/v1alpha1.
type fsAnswer struct {
	Time           string `json:"time"`
	AvailableBytes uint64 `json:"availableBytes"`
	CapacityBytes  uint64 `json:"capacityBytes"`
	UsedBytes      uint64 `json:"usedBytes"`
	InodesFree     uint64 `json:"inodesFree"`
	Inodes         uint64 `json:"inodes"`
	InodesUsed     uint64 `json:"inodesUsed"`
}

func (s *server) summary(w http.ResponseWriter, _ *http.Request) {
	_, node, err := s.stats.nodeFs()
	if err != nil {
		http.Error(w, "Internal Error: failed to get rootFs info: "+err.Error(), http.StatusInternalServerError)
		return
	}
	images, err := s.stats.images()
	if err != nil {
		http.Error(w, "Internal Error: failed to get imageFs stats: "+err.Error(), http.StatusInternalServerError)
		return
	}
	nodeFs := fsAnswer{stamp(node.time), node.available, node.capacity, node.capacity - node.free, node.inodesFree, node.inodes,
		node.inodes - node.inodesFree}
	imageFs := fsAnswer{stamp(images.runtimeTime), images.available, images.capacity, images.usedByRuntime, images.inodesFree,
		images.inodes, images.inodesUsedByImages}
	runtime := map[string]interface{}{"imageFs": imageFs}
	if s.stats.minor >= 29 {
		runtime["containerFs"] = imageFs
	}
	answer(w, map[string]interface{}{
		"node": map[string]interface{}{"nodeName": s.node, "startTime": stamp(s.began), "fs": nodeFs, "runtime": runtime},
		"pods": []interface{}{},
	})
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func answer(w http.ResponseWriter, document interface{}) {
	data, err := json.MarshalIndent(document, "", " ")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(data)
}

func selfSigned(name string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: fmt.Sprintf("%s@%d", name, time.Now().Unix())},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(365 * 24 * time.Hour), DNSNames: []string{name},
	}
	data, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{data}, PrivateKey: key}, nil
}

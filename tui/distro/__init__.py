"""Kubernetes distributions: which one, which edits last, which files mislead, where an embedded kubelet's flags are."""

from tui.distro.decoys import decoys
from tui.distro.embedded import Embedded, k0s_words, microk8s_words, rancher_words
from tui.distro.fates import fate_of
from tui.distro.recognise import recognise

__all__ = ["Embedded", "decoys", "fate_of", "k0s_words", "microk8s_words", "rancher_words", "recognise"]

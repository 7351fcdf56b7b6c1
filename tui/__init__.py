"""imagegc: what a Kubernetes node's image garbage collection really measures, and when it fires."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("imagegc")
except PackageNotFoundError:  # a bare checkout on sys.path
    __version__ = "0+unknown"

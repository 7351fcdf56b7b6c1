"""Checks of single vectors and corpus files against the rules; each returns what disagrees, empty when all holds.

Every module here that checks vectors exports ``CHECKS``: category (kubelet.json), group (systemd.json) or ``files``
(kubelet_files.json) to a function from one vector to the list of disagreements.
"""

"""Rules of systemd: units and drop-ins, the ExecStart line, environment files (facts/systemd.md)."""

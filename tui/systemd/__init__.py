"""systemd's own rules: units and drop-ins, the ExecStart line, environment files (facts/systemd.md).

Pure: text and a :class:`~tui.model.Reader` in, frozen facts out. Everything works on bytes, as the manager does;
what leaves is ``str`` with ``surrogateescape``.
"""

"""What differs between containerd releases when they read their configuration (containerd-root.md 1.1, 1.2, 2.1).

Checked against the ``config dump`` of 1.6.20, 1.7.24 and 2.1.9; 2.3 and later by their source.
"""

from __future__ import annotations

from dataclasses import dataclass

Version = tuple[int, int, int]
NEWEST: Version = (2, 4, 0)


@dataclass(frozen=True)
class Rules:
    """The reading rules of one release, each named after what the daemon does."""

    version: Version

    @property
    def second(self) -> bool:
        """2.x: another TOML library, deep merge of plugin tables, migration to version 3."""
        return self.version >= (2, 0, 0)

    @property
    def imports(self) -> bool:
        """Whether ``imports`` exists; before it, an empty ``root`` resets the default."""
        return self.version >= (1, 3, 0)

    @property
    def glob_from_cwd(self) -> bool:
        """A relative glob is taken against the daemon's working directory instead of the importing file's."""
        return self.version < (1, 6, 29) or (1, 7, 0) <= self.version < (1, 7, 16)

    @property
    def per_file(self) -> bool:
        """Each file is migrated on its own before the merge (config.go LoadConfigWithPlugins)."""
        return self.version >= (2, 3, 0)

    @property
    def dropin_ceiling(self) -> bool:
        """An import may not state a higher version than the main file (containerd PR 12891, reverted by 13939)."""
        return (2, 3, 0) <= self.version <= (2, 3, 4)

    @property
    def newest_config(self) -> int | None:
        """The highest ``version`` that is accepted; None: anything (ValidateV2, ValidateVersion)."""
        if self.version >= (2, 3, 0):
            return 4
        if self.second:
            return 3
        checked = (1, 6, 32) <= self.version < (1, 7, 0) or self.version >= (1, 7, 17)
        return 2 if checked else None

    @property
    def exported_root(self) -> bool:
        """CRI names the directory that the snapshotter exports, so root_path counts (commit a8ebceb97)."""
        return self.version >= (1, 7, 16)

    @property
    def proxy_exports(self) -> bool:
        """``[proxy_plugins.X.exports]`` is read."""
        return self.version >= (1, 7, 0)

    @property
    def plugin_prefix(self) -> str:
        """What a plugin id must start with in a version 2 file of 1.x."""
        return "io.containerd." if self.version >= (1, 7, 0) else ""

    def spellings(self, table: dict[str, object], name: str) -> list[str]:
        """The keys of ``table`` that set the field ``name``, the one that counts last.

        2.x folds case and the last spelling wins; 1.x takes the exact name, else the name in capitals.
        """
        if self.second:
            return [key for key in table if key.casefold() == name]
        return [key for key in (name, name.upper()) if key in table][:1]

    def __str__(self) -> str:
        """``1.6.20``."""
        return ".".join(map(str, self.version))

"""Which settings are lists, which scalars, and what an empty assignment does (core/load-fragment-gperf.gperf)."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DEPENDENCIES = _words(
    """
    Requires Requisite Wants BindsTo BindTo PartOf Upholds Conflicts Before After OnFailure OnSuccess
    PropagatesReloadTo ReloadPropagatedFrom PropagatesStopTo StopPropagatedFrom JoinsNamespaceOf
    RequiresOverridable RequisiteOverridable RequiresMountsFor WantsMountsFor Sockets
    """
)
"""Lists of words that only grow: an empty assignment does not reset them."""

LISTS = _words(
    """
    Documentation Environment EnvironmentFile PassEnvironment UnsetEnvironment ExecCondition ExecStartPre
    ExecStart ExecStartPost ExecReload ExecStop ExecStopPost ReadWritePaths ReadOnlyPaths InaccessiblePaths
    ExecPaths NoExecPaths ReadWriteDirectories ReadOnlyDirectories InaccessibleDirectories BindPaths
    BindReadOnlyPaths TemporaryFileSystem MountImages ExtensionImages ExtensionDirectories SupplementaryGroups
    LoadCredential LoadCredentialEncrypted SetCredential SetCredentialEncrypted DeviceAllow RuntimeDirectory
    StateDirectory CacheDirectory LogsDirectory ConfigurationDirectory SystemCallFilter RestrictAddressFamilies
    CapabilityBoundingSet AmbientCapabilities IPAddressAllow IPAddressDeny DisableControllers IOReadBandwidthMax
    IOWriteBandwidthMax IODeviceWeight SuccessExitStatus RestartPreventExitStatus RestartForceExitStatus
    LogExtraFields CPUAffinity SocketBindAllow SocketBindDeny Alias WantedBy RequiredBy UpheldBy Also
    """
)
"""Lists that an empty assignment resets."""

COMMANDS = _words("ExecCondition ExecStartPre ExecStart ExecStartPost ExecReload ExecStop ExecStopPost")

TYPES = _words("simple forking oneshot dbus notify notify-reload idle exec")

RESTARTS = _words("no on-success on-failure on-abnormal on-watchdog on-abort always")

ACTIONS = _words(
    """
    reboot reboot-force reboot-immediate poweroff poweroff-force poweroff-immediate exit exit-force soft-reboot
    soft-reboot-force kexec kexec-force halt halt-force halt-immediate
    """
)

TRUE = _words("1 yes y true t on")
FALSE = _words("0 no n false f off")


def is_condition(key: str) -> bool:
    """Conditions and assertions: resetting one of a kind resets all of that kind."""
    return key.startswith(("Condition", "Assert"))


def is_list(key: str) -> bool:
    """Whether assignments of a key add up instead of replacing each other."""
    return key in DEPENDENCIES or key in LISTS or is_condition(key)


def boolean(text: str) -> bool | None:
    """basic/parse-util.c:parse_boolean; None when it is none (the assignment is then ignored)."""
    lowered = text.lower()
    return True if lowered in TRUE else False if lowered in FALSE else None

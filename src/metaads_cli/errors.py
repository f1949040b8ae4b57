"""Every failure a user can meet, as one tree. Each leaf knows its exit code; the message says what and where,
the hint says what to do.

    MetaAdsError
    ├── UsageError              2   an option, an argument, a combination of them
    │   └── ConfigError         2   a setting, a missing extra, a database that was never migrated
    ├── InputError              3   a payload, a campaign file, a patch file, a tenant that does not exist
    │   └── PatchFailed         3   the server refused a statement of a patch, or its verification failed
    ├── AccessDenied            4   token, scope, PostgreSQL role, ownership
    ├── RefusedByMeta           5   for good: a wrong request, a policy
    ├── PartlyDone              6   running it again continues
    ├── Temporary               7
    │   ├── DatabaseUnreachable 7
    │   └── LockNotAvailable    7
    ├── SafetyRefusal           8   needs --yes, over a guard, another tenant
    ├── Cancelled               9   at a prompt
    └── ChangesPending         10   --check
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import ClassVar, Self


class ExitCode(IntEnum):
    """The exit codes of every command; `metaads help exit-codes` prints this table."""

    meaning: str

    def __new__(cls, value: int, meaning: str) -> Self:
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    DONE = 0, "done, or nothing to do"
    BUG = 1, "an unexpected error: a bug"
    USAGE = 2, "wrong usage or configuration"
    INPUT = 3, "input invalid: what is invalid was not applied"
    DENIED = 4, "not authenticated or not allowed (token, scope, PostgreSQL role, ownership)"
    REFUSED_BY_META = 5, "refused by Meta for good"
    PARTLY = 6, "partly done, or an alert stands; running it again continues"
    TEMPORARY = 7, "temporary: rate limit, network, database unreachable, lock held; try again later"
    UNSAFE = 8, "refused by a safety rule (needs --yes, over a guard, another tenant)"
    CANCELLED = 9, "cancelled at a prompt"
    PENDING = 10, "--check: changes are pending, or the database has drifted"
    INTERRUPTED = 130, "interrupted (Ctrl-C); running it again continues"
    TERMINATED = 143, "terminated (SIGTERM); running it again continues"


class MetaAdsError(Exception):
    """A failure that is explained to the user in one sentence.

    `message` ends without a full stop and stands alone; `hint` is what to do about it; `details` holds
    further facts for `--format json`, JSON values only.
    """

    exit_code: ExitCode = ExitCode.BUG
    code: ClassVar[str] = "unexpected"

    def __init__(self, message: str, *, hint: str | None = None, details: Mapping[str, object] | None = None):
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = dict(details or {})


class UsageError(MetaAdsError):
    exit_code = ExitCode.USAGE
    code = "usage"


class ConfigError(UsageError):
    code = "configuration"


class InputError(MetaAdsError):
    exit_code = ExitCode.INPUT
    code = "invalid_input"


class PatchFailed(InputError):
    code = "patch_failed"


class AccessDenied(MetaAdsError):
    exit_code = ExitCode.DENIED
    code = "access_denied"


class RefusedByMeta(MetaAdsError):
    exit_code = ExitCode.REFUSED_BY_META
    code = "refused_by_meta"


class PartlyDone(MetaAdsError):
    exit_code = ExitCode.PARTLY
    code = "partly_done"


class Temporary(MetaAdsError):
    exit_code = ExitCode.TEMPORARY
    code = "temporary"


class DatabaseUnreachable(Temporary):
    code = "database_unreachable"


class LockNotAvailable(Temporary):
    code = "lock_not_available"


class SafetyRefusal(MetaAdsError):
    exit_code = ExitCode.UNSAFE
    code = "safety"


class Cancelled(MetaAdsError):
    exit_code = ExitCode.CANCELLED
    code = "cancelled"


class ChangesPending(MetaAdsError):
    exit_code = ExitCode.PENDING
    code = "changes_pending"


class Terminated(KeyboardInterrupt):
    """SIGTERM, raised in the main thread: whatever ends cleanly on Ctrl-C ends cleanly on it, too."""

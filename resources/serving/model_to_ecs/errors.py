"""Why a model could not be loaded, as an exit code that a deployment can explain."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the serving process. 70 to 75 are explained by the deployment that started it."""

    FAILED = 1
    DENIED = 70
    NOT_FOUND = 71
    DIGEST_DIFFERS = 72
    IMPORT_REFUSED = 73
    ENVIRONMENT_DIFFERS = 74
    NO_ROOM = 75


class LoadError(Exception):
    """A model that must not or cannot be served; the message is one line for a human."""

    def __init__(self, exit_code: ExitCode, message: str) -> None:
        super().__init__(" ".join(message.split()))
        self.exit_code = exit_code

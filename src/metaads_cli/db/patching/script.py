"""A patch as a script for psql, with the timeouts that the runner would set."""

from metaads_cli.db.patching.files import Patch


def script(patch: Patch) -> str:
    if patch.header.mode == "tx":
        return f"BEGIN;\n{_timeouts(patch, 'SET LOCAL')}{_ended(patch.text)}COMMIT;\n"
    reset = "RESET lock_timeout;\nRESET statement_timeout;\n"
    return f"{_timeouts(patch, 'SET')}{_ended(patch.text)}{reset}"


def _timeouts(patch: Patch, set_: str) -> str:
    header = patch.header
    lock = 0 if header.mode == "concurrent" else header.lock_timeout_ms
    statement = header.statement_timeout_ms if header.mode == "tx" else 0
    return f"{set_} lock_timeout = {lock};\n{set_} statement_timeout = {statement};\n"


def _ended(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"

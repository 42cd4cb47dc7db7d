"""Every failure as a sentence: what is wrong, where, and what would help."""

from __future__ import annotations

import errno
import os
import traceback
from functools import singledispatch
from pathlib import Path
from urllib.parse import urlsplit

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection
from botocore.parsers import ResponseParserError

from retailctl.emulator import cloud as clouds
from retailctl.errors import UserError

TRACEBACK = "RETAIL_TRACEBACK"
"""With this variable set, a failure prints Python's traceback."""

_REMEDIES = {
    errno.EACCES: "change its permissions, or run the command as its owner",
    errno.EDQUOT: "free some of your quota, and run the command again",
    errno.EISDIR: "name a file, not a folder",
    errno.ELOOP: "name a path whose links do not lead back to it",
    errno.EMFILE: "allow more open files (`ulimit -n 1024`)",
    errno.ENAMETOOLONG: "take a shorter name",
    errno.ENOENT: "check the path",
    errno.ENOEXEC: "install the program that is built for this machine's processor",
    errno.ENOMEM: "end other programs, and run the command again",
    errno.ENOSPC: "free some space, and run the command again",
    errno.ENOTDIR: "check the path",
    errno.EPERM: "change its permissions, or run the command as its owner",
    errno.EROFS: "work in a clone that can be written",
}

NETWORK_SETTINGS = (
    "AWS_CA_BUNDLE",
    "AWS_ENDPOINT_URL",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
)
"""Settings of a shell that change how AWS is reached."""


@singledispatch
def explain_error(error: Exception) -> str:
    """Return what went wrong, where, and what would help.

    An unknown failure is a fault of retailctl.
    """
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return (
        f"This is a fault of retailctl: {type(error).__name__}{place} ({error}). Please report it with what the "
        f"same command prints with {TRACEBACK}=1."
    )


@explain_error.register(UserError)
def _explain_user_error(error: UserError) -> str:
    return str(error)


@explain_error.register(ClientError)
def _explain_refusal(error: ClientError) -> str:
    details = error.response.get("Error", {})
    words = details.get("Message", "").rstrip(".") or "it does not say why"
    return (
        f"AWS refused {error.operation_name} ({details.get('Code', 'no code')}): {words}. "
        "`aws sts get-caller-identity` says whose credentials these are."
    )


@explain_error.register(BotoCoreError)
def _explain_aws_settings(error: BotoCoreError) -> str:
    return f"AWS cannot be asked: {str(error).rstrip('.')}. See the AWS variables of this shell."


@explain_error.register(NoConnection)
@explain_error.register(HTTPClientError)
def _explain_silence(error: NoConnection | HTTPClientError) -> str:
    address = str(error.kwargs.get("endpoint_url", ""))
    if urlsplit(address).hostname == "127.0.0.1":
        return f"The local cloud does not answer ({error}): {clouds.describe_restart(address)}."
    settings = " and ".join(name for name in NETWORK_SETTINGS if os.environ.get(name))
    check = f"the network, and {settings} in this shell" if settings else "the network"
    return f"AWS does not answer ({error}): check {check}."


@explain_error.register(ResponseParserError)
def _explain_other_server(error: ResponseParserError) -> str:
    return f"What answers in the place of AWS is not AWS ({error}): see the AWS variables of this shell."


@explain_error.register(OSError)
def _explain_os_error(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    named = isinstance(error.filename, (str, bytes))
    place = os.fsdecode(error.filename) if named else "A file, or where the output goes"
    remedy = _REMEDIES.get(error.errno or 0, "mend that, and run the command again")
    return f"{place}: {reason}. To go on, {remedy}."


@explain_error.register(MemoryError)
@explain_error.register(RecursionError)
def _explain_size(_: MemoryError | RecursionError) -> str:
    return "The input is too large for the memory of this machine: give less of it at a time."


@explain_error.register(UnicodeEncodeError)
def _explain_bytes(error: UnicodeEncodeError) -> str:
    return f"{error.object[:200]!r} holds bytes that are not UTF-8, which AWS does not take: give it as text."


@explain_error.register(ValueError)
def _explain_value_error(error: ValueError) -> str:
    """Return which AWS variable should be a number, as boto3 does not."""
    variables = botocore.session.Session.SESSION_VARIABLES.values()
    names = [environ for _, environ, _, convert in variables if convert is int]
    name = next((each for each in names if not os.environ.get(each, "0").isdecimal()), None)
    if name is None:
        return explain_error.dispatch(Exception)(error)
    return f"{name} is {os.environ[name]!r}, not a number: correct it, or unset it."

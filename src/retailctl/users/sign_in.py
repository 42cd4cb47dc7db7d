"""Sign a user in with a password; explain what Cognito refuses."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from retailctl.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailctl.users.pool import Pool

_WRONG_CODE = frozenset({"CodeMismatchException", "EnableSoftwareTokenMFAException", "ExpiredCodeException"})
_SENTENCES = {
    "SoftwareTokenMFANotFoundException": (
        "The user pool takes no codes: set sign_in.totp to optional or required, and apply."
    ),
    "TooManyRequestsException": "Cognito takes no more attempts for now: wait a moment, and try again.",
    "LimitExceededException": "Cognito takes no more attempts for now: wait a moment, and try again.",
}


class WrongCode(UserError):
    """A code that is not the app's, or is too old."""

    def __init__(self) -> None:
        super().__init__(
            "The code is not right: run the command again, and take the one that the app shows then."
        )


def start_sign_in(pool: Pool, username: str, password: str) -> dict[str, Any]:
    """Return Cognito's answer to a sign-in: tokens, or a challenge.

    Raises:
        UserError: where Cognito refuses.

    """
    with explain_refusals("cannot sign in", username):
        answer: dict[str, Any] = pool.client.initiate_auth(
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=pool.client_id,
            AuthParameters={"USERNAME": username, "PASSWORD": password},
        )
    return answer


def sign_in(pool: Pool, username: str, password: str) -> str:
    """Return an ID token, which is what the front door takes.

    Raises:
        UserError: where Cognito refuses, or asks for more than a password.

    """
    answer = start_sign_in(pool, username, password)
    if "AuthenticationResult" not in answer:
        raise UserError(
            f"{username} cannot sign in with a password alone: Cognito asks for {answer.get('ChallengeName')}."
        )
    return str(answer["AuthenticationResult"]["IdToken"])


def answer_challenge(
    pool: Pool, username: str, challenge: dict[str, Any], responses: dict[str, str]
) -> dict[str, Any]:
    """Return Cognito's answer to a challenge: tokens, or the next one.

    Raises:
        UserError: where Cognito refuses.

    """
    with explain_refusals("cannot sign in", username):
        answer: dict[str, Any] = pool.client.respond_to_auth_challenge(
            ClientId=pool.client_id,
            ChallengeName=challenge["ChallengeName"],
            Session=challenge["Session"],
            ChallengeResponses={"USERNAME": username, **responses},
        )
    return answer


def read_challenge_username(challenge: dict[str, Any], username: str) -> str:
    """Return the user name for a challenge, which takes no alias."""
    return str(challenge.get("ChallengeParameters", {}).get("USER_ID_FOR_SRP", username))


@contextmanager
def explain_refusals(what_fails: str, username: str) -> Iterator[None]:
    """Put what Cognito refuses into a sentence."""
    try:
        yield
    except ClientError as error:
        code, words = error.response["Error"]["Code"], error.response["Error"].get("Message", "").rstrip(".")
        if code in _WRONG_CODE:
            raise WrongCode from error
        raise UserError(_SENTENCES.get(code, f"{username} {what_fails} ({code}: {words}).")) from error

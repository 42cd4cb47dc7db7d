"""Sign a user in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from retailctl.errors import UserError

if TYPE_CHECKING:
    from retailctl.users.pool import Pool


def sign_in(pool: Pool, username: str, password: str) -> str:
    """Return an ID token, which is what the front door takes.

    Raises:
        UserError: where Cognito refuses, or asks for more than a password.

    """
    try:
        answer = pool.client.initiate_auth(
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=pool.client_id,
            AuthParameters={"USERNAME": username, "PASSWORD": password},
        )
    except ClientError as error:
        raise UserError(
            f"{username} cannot sign in ({error.response['Error']['Code']}): is the password right?"
        ) from error
    if "AuthenticationResult" not in answer:
        raise UserError(
            f"{username} cannot sign in with a password alone: Cognito asks for {answer.get('ChallengeName')}."
        )
    return str(answer["AuthenticationResult"]["IdToken"])

"""`retailctl users second-factor`: require an authenticator app's code.

The calls are those of the user: they need the password and no AWS credentials.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, urlencode

import segno
import typer
from rich.text import Text

from retailctl.console import ask, console, print_note, print_renderable
from retailctl.environments import outputs
from retailctl.environments.target import resolve_target
from retailctl.errors import UserError
from retailctl.options import DEFAULT_CLOUD, CloudName, EnvironmentName, InAws, choose_cloud
from retailctl.users.pool import ASK, find_pool
from retailctl.users.sign_in import (
    WrongCode,
    answer_challenge,
    explain_refusals,
    read_challenge_username,
    start_sign_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailctl.users.pool import Pool

ATTEMPTS = 3
"""How often a code is asked for: the next one may come before the last one is typed."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What identifies a user: an access token or a waiting session."""

    username: str
    access_token: str = ""
    session: str = ""

    def build_arguments(self) -> dict[str, str]:
        """Return the one that exists, as Cognito's calls take it."""
        return {"AccessToken": self.access_token} if self.access_token else {"Session": self.session}


def prove_identity(pool: Pool, username: str, password: str, ask_code: Callable[[str], str]) -> Proof:
    """Sign somebody in without an app; who has one gives its code.

    Raises:
        UserError: where Cognito refuses, or asks for something else.

    """
    answer = start_sign_in(pool, username, password)
    if answer.get("ChallengeName") == "SOFTWARE_TOKEN_MFA":
        code = ask_code("Code of the app that was in use until now")
        answer = answer_challenge(
            pool, read_challenge_username(answer, username), answer, {"SOFTWARE_TOKEN_MFA_CODE": code}
        )
    if answer.get("ChallengeName") == "NEW_PASSWORD_REQUIRED":
        raise UserError(f"{username} has to choose a new password first: sign in at the page.")
    if answer.get("ChallengeName") == "MFA_SETUP":
        return Proof(read_challenge_username(answer, username), session=answer["Session"])
    return Proof(username, access_token=_access_token(username, answer))


def request_secret(pool: Pool, proof: Proof) -> tuple[str, Proof]:
    """Request an app's secret; return it and the next call's proof.

    Raises:
        UserError: where Cognito refuses.

    """
    with explain_refusals("gets no secret", proof.username):
        made = pool.client.associate_software_token(**proof.build_arguments())
    return made["SecretCode"], _update_proof(proof, made)


def confirm_app(pool: Pool, proof: Proof, ask_code: Callable[[str], str]) -> None:
    """Confirm an app's secret; from then on Cognito asks for codes.

    Raises:
        UserError: where the codes are wrong, or Cognito refuses.

    """
    for left in reversed(range(ATTEMPTS)):
        try:
            proof = _verify_code(pool, proof, ask_code)
            break
        except WrongCode:
            if not left:
                raise
            print_note("The code is not right: take the one that the app shows now.")
    access_token = proof.access_token
    if not access_token:
        challenge = {"ChallengeName": "MFA_SETUP", "Session": proof.session}
        access_token = _access_token(proof.username, answer_challenge(pool, proof.username, challenge, {}))
    with explain_refusals("cannot turn codes on", proof.username):
        pool.client.set_user_mfa_preference(
            AccessToken=access_token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True}
        )


def _verify_code(pool: Pool, proof: Proof, ask_code: Callable[[str], str]) -> Proof:
    code = ask_code("Code that the app shows now")
    with explain_refusals("cannot turn codes on", proof.username):
        answer = pool.client.verify_software_token(UserCode=code, **proof.build_arguments())
    if answer["Status"] != "SUCCESS":
        raise WrongCode
    return _update_proof(proof, answer)


def format_otpauth_uri(environment: str, username: str, secret_code: str) -> str:
    """Return an authenticator app's otpauth URI, for QR code or text."""
    issuer = f"Hello Retail {environment}"
    query = urlencode({"secret": secret_code, "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{quote(issuer)}:{quote(username, safe='')}?{query}"


def _access_token(username: str, answer: dict[str, Any]) -> str:
    if "AuthenticationResult" not in answer:
        challenge = answer.get("ChallengeName")
        raise UserError(
            f"{username} cannot sign in here: Cognito asks for {challenge}, which is no code of an app."
        )
    return str(answer["AuthenticationResult"]["AccessToken"])


def _update_proof(proof: Proof, answer: dict[str, Any]) -> Proof:
    """Return the proof after a call, with the session's next one."""
    return (
        proof if proof.access_token else Proof(proof.username, session=answer.get("Session", proof.session))
    )


def set_up_second_factor(
    username: Annotated[str, typer.Argument(help="What they sign in with.", show_default=False)],
    *,
    password: Annotated[str, typer.Option(help=f"Theirs; asked for with {ASK}.")] = ASK,
    cloud: CloudName = DEFAULT_CLOUD,
    environment: EnvironmentName = "dev",
    aws: InAws = False,
) -> None:
    """Set up an authenticator app for a user, or another one.

    Prints the app's secret, once, and asks for a code from the app before anything changes.
    """
    target = resolve_target(environment, choose_cloud(cloud, aws=aws))
    pool = find_pool(target, outputs.read_outputs(target))
    if password == ASK:
        password = ask("Password", is_secret=True)
    proof = prove_identity(pool, username, password, _ask)
    secret_code, proof = request_secret(pool, proof)
    uri = format_otpauth_uri(environment, username, secret_code)
    outputs.print_outputs({"secret": secret_code, "uri": uri})
    if console.is_terminal:
        print_renderable(draw_qr_code(uri), on_stderr=True)
        print_note("Scan the code with an authenticator app, or give it the secret.")
    else:
        print_note("Give the secret, or the uri as a QR code, to an authenticator app.")
    confirm_app(pool, proof, _ask)
    print_note(
        f"{username} signs in to {environment} in {target.place} with a code from that app from now on."
    )


def draw_qr_code(uri: str) -> Text:
    """Return a QR code for any terminal, two modules a character."""
    drawn = StringIO()
    segno.make_qr(uri).terminal(out=drawn, compact=True)
    return Text(drawn.getvalue().rstrip("\n"), style="#ffffff on #000000", no_wrap=True)


def _ask(what: str) -> str:
    """Ask for a code; apps show them with spaces."""
    return "".join(ask(what).split())

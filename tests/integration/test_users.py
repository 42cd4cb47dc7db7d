"""`retailctl users`, and the simulated people's sign-in, over moto's Cognito."""

from __future__ import annotations

import io
import json
import re
import time
from base64 import urlsafe_b64decode
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.cognitoidp.models import COGNITO_TOTP_MFA_SECRET
from moto.cognitoidp.utils import cognito_totp
from rich.console import Console
from typer.testing import CliRunner

from retailctl import cli
from retailctl.environments import target as environments_target
from retailctl.errors import UserError
from retailctl.simulation import people as simulation_people
from retailctl.simulation.workshop import Workshop
from retailctl.users import commands, second_factor, sign_in
from retailctl.users import pool as users
from retailctl.users.pool import Newcomer, Pool
from support.hostile import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.slow

PASSWORD = "Lantern-Harbour-42"


class Target:
    """An environment in a local cloud, with moto's clients."""

    cloud, environment, place = SimpleNamespace(name="lab"), "dev", "the local cloud 'lab'"
    cloud_name, update_command = (
        environments_target.Target.cloud_name,
        environments_target.Target.update_command,
    )
    format_command = environments_target.Target.format_command

    def client(self, service: str) -> Any:
        return boto3.client(service)


@pytest.fixture
def pool() -> Iterator[Pool]:
    with mock_aws():
        client = boto3.client("cognito-idp")
        pool_id = client.create_user_pool(PoolName="players")["UserPool"]["Id"]
        for group in ("merchant", "photographer", "customer"):
            client.create_group(UserPoolId=pool_id, GroupName=group)
        app = client.create_user_pool_client(
            UserPoolId=pool_id, ClientName="page", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
        )
        yield Pool(client, pool_id, app["UserPoolClient"]["ClientId"])


@pytest.fixture
def environment(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The outputs of an environment with that pool, and where a command asked for it."""
    found: dict[str, Any] = {"user_pool_id": pool.pool_id, "user_pool_client_id": pool.client_id, "asked": []}

    def target_of(name: str, cloud: str | None) -> Target:
        found["asked"].append((name, cloud))
        return Target()

    monkeypatch.setattr(commands, "resolve_target", target_of)
    monkeypatch.setattr(second_factor, "resolve_target", target_of)
    monkeypatch.setattr(commands.outputs, "read_outputs", lambda _: found)
    return found


def run(*arguments: str, answer: str | None = None) -> Any:
    return CliRunner().invoke(cli.app, ["users", *arguments], input=answer)


def printed(result: Any) -> dict[str, str]:
    assert result.exit_code == 0, result.output
    return {
        name: value.strip() for name, value in (line.split(maxsplit=1) for line in result.stdout.splitlines())
    }


def claims(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    found: dict[str, Any] = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


# The command


def test_who_is_added_can_sign_in_with_what_was_printed(pool: Pool, environment: dict[str, Any]) -> None:
    told = printed(run("add", "--name", "Zoë  Ångström", "--group", "merchant,photographer"))

    assert told["username"] == "zoe-angstrom"
    assert told["groups"] == "merchant, photographer"
    assert environment["asked"] == [("dev", "local")]
    token = claims(sign_in.sign_in(pool, told["username"], told["password"]))
    assert [player.name for player in pool.read_players()] == ["Zoë Ångström"]
    assert sorted(token["cognito:groups"]) == ["merchant", "photographer"]


def test_a_password_and_a_user_name_of_ones_own_are_taken(pool: Pool, environment: dict[str, Any]) -> None:
    told = printed(run("add", "--name", "Mira", "--username", "mira@example.com", "--password", PASSWORD))

    assert (told["username"], told["password"], told["groups"]) == ("mira@example.com", PASSWORD, "customer")
    assert sign_in.sign_in(pool, "mira@example.com", PASSWORD)


def test_a_password_can_be_asked_for_where_no_list_of_processes_shows_it(
    pool: Pool, environment: dict[str, Any]
) -> None:
    result = run("add", "--name", "Mira", "--password", "-", answer=f"{PASSWORD}\n{PASSWORD}\n")

    assert f"password  {PASSWORD}" in result.stdout
    assert sign_in.sign_in(pool, "mira", PASSWORD)


def test_in_aws_is_asked_for_by_an_option(pool: Pool, environment: dict[str, Any]) -> None:
    printed(run("add", "--name", "Mira", "--aws", "--env", "prod"))

    assert environment["asked"] == [("prod", "aws")]


def test_those_who_can_sign_in_are_listed(pool: Pool, environment: dict[str, Any]) -> None:
    run("add", "--name", "Mira Sato", "--group", "merchant,customer")
    run("add", "--name", "Ben", "--group", "")

    assert run("list").stdout.splitlines() == ["ben\t\tBen", "mira-sato\tcustomer,merchant\tMira Sato"]


@pytest.mark.parametrize(("name", "shown"), NAMES.items())
def test_a_strangers_name_is_text_in_the_list(
    pool: Pool, environment: dict[str, Any], name: str, shown: str
) -> None:
    pool.create_account(Newcomer("eve", PASSWORD, "Eve", ("customer",)))
    pool.client.admin_update_user_attributes(
        UserPoolId=pool.pool_id, Username="eve", UserAttributes=[{"Name": "name", "Value": name}]
    )
    assert run("list").stdout == f"eve\tcustomer\t{shown}\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--name", "Mira"], "There is an account 'mira' already: take another --username."),
        (
            ["--name", "Mo", "--group", "merchant,king"],
            "There is no group 'king': take of customer, merchant, photographer.",
        ),
        (["--name", "  "], "The name is empty"),
        (["--name", "Mo", "--password", "short"], "The password is not strong enough"),
        (["--name", "M\udcff"], "--name 'M\\udcff' holds bytes that are not UTF-8: give it as text."),
        (["--name", "Mo", "--username", "m\udcff"], "--username 'm\\udcff' holds bytes that are not UTF-8"),
        (["--name", "Mo", "--password", "-"], "Nobody answered 'Password': nothing was changed."),
    ],
)
def test_what_is_wrong_is_told_and_leaves_no_account_behind(
    pool: Pool, environment: dict[str, Any], arguments: list[str], sentence: str
) -> None:
    run("add", "--name", "Mira")
    refused = run("add", *arguments)

    assert isinstance(refused.exception, UserError)
    assert sentence in str(refused.exception)
    assert [player.username for player in pool.read_players()] == ["mira"]


def test_an_environment_without_a_pool_says_how_to_get_one(
    environment: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    del environment["user_pool_id"]
    assert "has no user pool (no output 'user_pool_id'): bring it up to date with `make up CLOUD=lab`" in str(
        run("add", "--name", "Mo").exception
    )
    monkeypatch.setattr(Target, "cloud", None)
    assert "`make apply`" in str(run("list").exception)


# Below it


class Refusing:
    """A Cognito whose ``method`` fails."""

    def __init__(self, client: Any, method: str, error: BaseException) -> None:
        self.client, self.method, self.error = client, method, error

    def __getattr__(self, name: str) -> Any:
        if name == self.method:
            return self.refuse
        return getattr(self.client, name)

    def refuse(self, **_: object) -> None:
        raise self.error


def refusal(code: str) -> Exception:
    return ClientError({"Error": {"Code": code, "Message": "Because."}}, "Call")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("AccessDeniedException", r"These credentials may not make accounts \(Because\)"),
        ("InvalidParameterException", r"Cognito does not take this account \(Because\)"),
    ],
)
def test_a_refusal_is_told_in_words(pool: Pool, code: str, sentence: str) -> None:
    refusing = Pool(Refusing(pool.client, "admin_create_user", refusal(code)), pool.pool_id, pool.client_id)

    with pytest.raises(UserError, match=sentence):
        refusing.create_account(Newcomer("mo", PASSWORD, "Mo"))


@pytest.mark.parametrize("error", [refusal("InternalErrorException"), KeyboardInterrupt()])
def test_an_account_is_made_whole_or_not_at_all(pool: Pool, error: BaseException) -> None:
    refusing = Pool(Refusing(pool.client, "admin_add_user_to_group", error), pool.pool_id, pool.client_id)

    with pytest.raises(type(error)):
        refusing.create_account(Newcomer("mo", PASSWORD, "Mo", ("merchant",)))
    assert list(pool.read_players()) == []


def test_made_passwords_are_of_all_kinds_of_characters_and_never_alike() -> None:
    passwords = {users.generate_password() for _ in range(200)}

    assert len(passwords) == 200
    for password in passwords:
        assert len(password) == users.PASSWORD_LENGTH
        assert all(set(password) & set(kind) for kind in users._KINDS_OF_CHARACTERS)
        assert not set(password) & set("0O1Il")


def test_a_name_without_letters_of_ours_still_makes_a_user_name() -> None:
    assert users.create_username("Mira O'Hara") == "mira-o-hara"
    assert users.create_username("美咲").startswith("player-")


# Simulated people


def test_the_people_of_a_workshop_sign_in_and_may_do_what_they_do(pool: Pool) -> None:
    people, signed_in = Workshop(1, products=3, people=4), []
    tokens = simulation_people.sign_in_people(pool, people, signed_in.append).tokens

    names = {player.username: player.name for player in pool.read_players()}
    assert sum(signed_in) == len(names) == 4
    for person in (*people.merchants, *people.photographers):
        role = "merchant" if person in people.merchants else "photographer"
        told = claims(tokens[person.user_id])
        assert names[told["cognito:username"]] == person.name
        assert sorted(told["cognito:groups"]) == sorted(["customer", role])


def test_they_come_again_to_the_same_accounts(pool: Pool) -> None:
    people = Workshop(1, products=3, people=4)
    first = simulation_people.sign_in_people(pool, people).tokens
    again = simulation_people.sign_in_people(pool, people).tokens

    assert {claims(token)["sub"] for token in first.values()} == {
        claims(token)["sub"] for token in again.values()
    }


def test_who_has_another_role_in_a_larger_workshop_gets_its_groups_and_keeps_those_of_his_own(
    pool: Pool,
) -> None:
    small, large = Workshop(1, products=3, people=4), Workshop(1, products=3, people=6)
    changed = set(small.photographers) & set(large.merchants)
    assert len(changed) == 1
    simulation_people.sign_in_people(pool, small)
    pool.client.create_group(UserPoolId=pool.pool_id, GroupName="hosts")
    for player in pool.read_players():
        pool.client.admin_add_user_to_group(
            UserPoolId=pool.pool_id, Username=player.username, GroupName="hosts"
        )

    tokens = simulation_people.sign_in_people(pool, large).tokens

    for people, role in ((large.merchants, "merchant"), (large.photographers, "photographer")):
        for person in people:
            own = ["hosts"] if person in (*small.merchants, *small.photographers) else []
            assert sorted(claims(tokens[person.user_id])["cognito:groups"]) == sorted(
                ["customer", *own, role]
            )


def test_they_sign_in_again_when_their_tokens_end(pool: Pool) -> None:
    guests = simulation_people.sign_in_people(pool, Workshop(1, products=3, people=2))
    person, ended = next(iter(guests.tokens.items()))
    renewed = guests.renew_token(person, ended)

    assert renewed != ended
    assert claims(renewed)["sub"] == claims(ended)["sub"]
    assert guests.renew_token(person, ended) == guests.tokens[person] == renewed


def test_who_cannot_sign_in_is_told_so(pool: Pool) -> None:
    pool.create_account(Newcomer("mo", PASSWORD, "Mo"))
    with pytest.raises(UserError, match=r"^mo cannot sign in \(NotAuthorizedException: \w.*\w\)\.$"):
        sign_in.sign_in(pool, "mo", "Wrong-Password-77")

    class Challenging:
        def initiate_auth(self, **_: object) -> dict[str, str]:
            return {"ChallengeName": "SOFTWARE_TOKEN_MFA"}

    with pytest.raises(UserError, match="Cognito asks for SOFTWARE_TOKEN_MFA"):
        sign_in.sign_in(Pool(Challenging(), "", ""), "mo", PASSWORD)


# A second factor


NAMED = "mira@example.com"


@pytest.fixture
def codes(monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """What an authenticator app shows, once moto checks it."""
    monkeypatch.setenv("MOTO_COGNITO_IDP_USER_POOL_ENABLE_TOTP", "true")
    return lambda: str(cognito_totp(COGNITO_TOTP_MFA_SECRET).generate(int(time.time())).decode())


@pytest.fixture
def mira(pool: Pool, environment: dict[str, Any]) -> Newcomer:
    newcomer = Newcomer(NAMED, PASSWORD, "Mira")
    pool.create_account(newcomer)
    return newcomer


def enrolled(result: Any) -> dict[str, str]:
    """What was printed, without the runner's own echo of what was typed."""
    assert result.exit_code == 0, result.output
    return dict(re.findall(r"^(secret|uri) +(.+)$", result.stdout, re.MULTILINE))


def preference(pool: Pool) -> str | None:
    found = pool.client.admin_get_user(UserPoolId=pool.pool_id, Username=NAMED)
    preferred: str | None = found.get("PreferredMfaSetting")
    return preferred or None


def with_codes_only(pool: Pool) -> None:
    pool.client.set_user_pool_mfa_config(
        UserPoolId=pool.pool_id, SoftwareTokenMfaConfiguration={"Enabled": True}, MfaConfiguration="ON"
    )


class SettingUp:
    """A Cognito that asks for an app at the sign-in with a password alone, as AWS does where a pool insists on it.

    moto asks only after a first password, so there is one at each sign-in.
    """

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    def __getattr__(self, name: str) -> Any:
        return getattr(self.pool.client, name)

    def initiate_auth(self, *, AuthParameters: dict[str, str], **asked: Any) -> dict[str, Any]:
        self.pool.client.admin_set_user_password(
            UserPoolId=self.pool.pool_id, Username=NAMED, Password=AuthParameters["PASSWORD"], Permanent=False
        )
        first = self.pool.client.initiate_auth(AuthParameters=AuthParameters, **asked)
        return dict(
            self.pool.client.respond_to_auth_challenge(
                ClientId=self.pool.client_id,
                ChallengeName=first["ChallengeName"],
                Session=first["Session"],
                ChallengeResponses={"USERNAME": NAMED, "NEW_PASSWORD": AuthParameters["PASSWORD"]},
            )
        )


def test_in_a_terminal_the_address_is_drawn_as_a_qr_code(
    mira: Newcomer, codes: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = f"{PASSWORD}\n{codes()}\n"
    assert "▄" not in run("second-factor", NAMED, answer=answer).output

    shown = io.StringIO()
    terminal = Console(file=shown, force_terminal=True, width=80)
    monkeypatch.setattr(second_factor, "console", terminal)
    monkeypatch.setattr("retailctl.console.console", terminal)
    told = enrolled(run("second-factor", NAMED, answer=f"{PASSWORD}\n{codes()}\n{codes()}\n"))
    assert second_factor.draw_qr_code(told["uri"]).plain.splitlines()[5] in shown.getvalue()


def test_who_gave_an_app_the_secret_signs_in_with_its_codes_from_then_on(
    pool: Pool, mira: Newcomer, codes: Callable[[], str]
) -> None:
    result = run("second-factor", NAMED, answer=f"{PASSWORD}\n{codes()[:3]} {codes()[3:]}\n")

    told = enrolled(result)
    assert told["secret"] == COGNITO_TOTP_MFA_SECRET
    assert told["uri"] == (
        "otpauth://totp/Hello%20Retail%20dev:mira%40example.com?secret=asdfasdfasdf&issuer=Hello%20Retail%20dev"
    )
    assert PASSWORD not in result.output
    assert "mira@example.com signs in to dev in the local cloud 'lab' with a code" in result.stderr
    assert preference(pool) == "SOFTWARE_TOKEN_MFA"
    with pytest.raises(UserError, match="Cognito asks for SOFTWARE_TOKEN_MFA"):
        sign_in.sign_in(pool, NAMED, PASSWORD)


def test_who_may_not_sign_in_without_an_app_gets_one_too(
    pool: Pool, mira: Newcomer, codes: Callable[[], str]
) -> None:
    with_codes_only(pool)
    insisting = Pool(SettingUp(pool), pool.pool_id, pool.client_id)

    proof = second_factor.prove_identity(insisting, NAMED, PASSWORD, lambda _: "")
    secret, proof = second_factor.request_secret(insisting, proof)
    second_factor.confirm_app(insisting, proof, lambda _: codes())

    assert secret == COGNITO_TOTP_MFA_SECRET
    assert preference(pool) == "SOFTWARE_TOKEN_MFA"


def test_who_has_an_app_shows_its_code_to_take_another(
    pool: Pool, mira: Newcomer, codes: Callable[[], str]
) -> None:
    enrolled(run("second-factor", NAMED, answer=f"{PASSWORD}\n{codes()}\n"))

    again = run("second-factor", NAMED, answer=f"{PASSWORD}\n{codes()}\n{codes()}\n")
    refused = run("second-factor", NAMED, answer=f"{PASSWORD}\n000000\n")

    assert enrolled(again)["secret"] == COGNITO_TOTP_MFA_SECRET
    assert "Code of the app that was in use until now" in again.stderr
    assert isinstance(refused.exception, UserError)
    assert "secret" not in refused.stdout


def test_a_wrong_code_is_asked_for_again_and_turns_nothing_on(
    pool: Pool, mira: Newcomer, codes: Callable[[], str]
) -> None:
    wrong = "000000\n"
    refused = run("second-factor", NAMED, answer=f"{PASSWORD}\n{wrong * 3}")

    assert isinstance(refused.exception, UserError)
    assert "The code is not right: run the command again" in str(refused.exception)
    assert refused.stderr.count("The code is not right: take the one that the app shows now.") == 2
    assert preference(pool) is None
    assert sign_in.sign_in(pool, NAMED, PASSWORD)

    enrolled(run("second-factor", NAMED, answer=f"{PASSWORD}\n{wrong * 2}{codes()}\n"))
    assert preference(pool) == "SOFTWARE_TOKEN_MFA"


def test_a_wrong_password_gets_no_secret(pool: Pool, mira: Newcomer) -> None:
    refused = run("second-factor", NAMED, "--password", "Wrong-Password-77")

    assert isinstance(refused.exception, UserError)
    assert "mira@example.com cannot sign in (NotAuthorizedException" in str(refused.exception)
    assert refused.stdout == ""


@pytest.mark.parametrize(
    ("challenge", "sentence"),
    [
        ("NEW_PASSWORD_REQUIRED", "has to choose a new password first: sign in at the page"),
        ("SMS_MFA", "Cognito asks for SMS_MFA, which is no code of an app"),
    ],
)
def test_what_cognito_asks_for_instead_is_told(challenge: str, sentence: str) -> None:
    class Challenging:
        def initiate_auth(self, **_: object) -> dict[str, str]:
            return {"ChallengeName": challenge, "Session": "s"}

    with pytest.raises(UserError, match=sentence):
        second_factor.prove_identity(Pool(Challenging(), "", ""), NAMED, PASSWORD, lambda _: "")


@pytest.mark.parametrize(
    ("method", "code", "sentence"),
    [
        (
            "associate_software_token",
            "SoftwareTokenMFANotFoundException",
            "set sign_in.totp to optional or required",
        ),
        ("associate_software_token", "ForbiddenException", r"gets no secret \(ForbiddenException: Because\)"),
        ("verify_software_token", "TooManyRequestsException", "takes no more attempts for now"),
        ("verify_software_token", "NotAuthorizedException", r"cannot turn codes on \(NotAuthorizedException"),
        ("set_user_mfa_preference", "InvalidParameterException", r"cannot turn codes on \(InvalidParameter"),
    ],
)
def test_every_refusal_is_a_sentence(
    pool: Pool, mira: Newcomer, method: str, code: str, sentence: str
) -> None:
    refusing = Pool(Refusing(pool.client, method, refusal(code)), pool.pool_id, pool.client_id)

    with pytest.raises(UserError, match=sentence):  # noqa: PT012 - the calls of the command
        proof = second_factor.prove_identity(refusing, NAMED, PASSWORD, lambda _: "")
        _, proof = second_factor.request_secret(refusing, proof)
        second_factor.confirm_app(refusing, proof, lambda _: "000000")


def test_a_code_that_cognito_does_not_find_right_is_wrong_also_without_an_error() -> None:
    class Doubtful:
        def verify_software_token(self, **_: object) -> dict[str, str]:
            return {"Status": "ERROR"}

    proof = second_factor.Proof(NAMED, access_token="token")
    with pytest.raises(second_factor.WrongCode):
        second_factor.confirm_app(Pool(Doubtful(), "", ""), proof, lambda _: "000000")

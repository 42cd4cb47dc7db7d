"""Photographers at the front door of an applied environment: what they send, and what becomes of it."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from urllib3.filepost import encode_multipart_formdata

from hello_retail.studio.items import Photographer, Product
from hello_retail.studio.table import read_photographer, read_product, scan_unfinished
from hello_retail.times import format_time
from retailctl.executions import Executions
from support.asking import Answer, ask
from support.e2e import eventually

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support.players import FrontDoor, Player

REGISTER = "com.nordstrom/user-info/register-photographer/1-0-0"
LEAVE = "com.nordstrom/user-info/unregister-photographer/1-0-0"
IMAGE = "com.nordstrom/product/image/1-0-0"
JPEG = "image/jpeg"


@dataclass(frozen=True)
class Task:
    """A product whose picture somebody is asked for."""

    product: str
    photographer: Player
    attempt: int


@dataclass
class StudioDoor:
    """The studio of an environment, as photographers and operators reach it."""

    door: FrontDoor

    @property
    def table(self) -> str:
        return str(self.door.found["studio_table"])

    @property
    def bucket(self) -> str:
        return str(self.door.found["pictures_bucket"])

    @property
    def machine(self) -> str:
        return str(self.door.found["photos_machine_arn"])

    @property
    def where(self) -> tuple[str, ...]:
        """The options of commands that mean this environment."""
        return ("--cloud", self.door.cloud.name, "--env", self.door.environment)

    @property
    def executions(self) -> Executions:
        return Executions(self.door.cloud.client("stepfunctions"), self.machine)

    # What people send

    def register(self, player: Player) -> None:
        self._act(player, REGISTER)

    def leave(self, player: Player) -> None:
        self._act(player, LEAVE)

    def _act(self, player: Player, schema: str) -> None:
        answer = self.door.send({"schema": schema, "id": player.user_id}, player.token)
        assert answer.status == 202, answer.body

    def look(self, player: Player) -> dict[str, Any]:
        """Return somebody's inbox."""
        answer = ask(f"{self.door.api_url}/assignments", authorization=f"Bearer {player.token}")
        assert (answer.status, answer.headers["cache-control"]) == (200, "private, no-store"), answer.body
        found: dict[str, Any] = answer.json()
        return found

    def request_ticket(
        self, player: Player | None, product: str, content: bytes, content_type: str = JPEG
    ) -> Answer:
        """Ask for a ticket; as nobody without a player."""
        headers = {"authorization": f"Bearer {player.token}"} if player else {}
        return ask(
            f"{self.door.api_url}/assignments/{product}/uploads",
            "POST",
            json.dumps({"contentType": content_type, "bytes": len(content)}).encode(),
            content_type="application/json",
            **headers,
        )

    def take_ticket(self, task: Task, content: bytes, content_type: str = JPEG) -> dict[str, Any]:
        """Return the ticket of somebody who is asked for a picture."""
        answer = self.request_ticket(task.photographer, task.product, content, content_type)
        assert answer.status == 201, answer.body
        ticket: dict[str, Any] = answer.json()
        return ticket

    def upload(self, task: Task, content: bytes, content_type: str = JPEG) -> None:
        answer = post(self.take_ticket(task, content, content_type), content)
        assert answer.status == 201, answer.body

    def find_task(self, player: Player) -> Task:
        """Return what somebody is asked for, once they are."""

        def is_asked() -> bool:
            given = self.look(player)["assignment"]
            return given is not None and given["state"] == "asked"

        assert eventually(is_asked, wanted=True)
        given = self.look(player)["assignment"]
        return Task(given["product"], player, given["attempt"])

    def end_all(self) -> None:
        """Stop all executions, so that nothing waits for a photographer."""
        for name in self.executions.list_running():
            self.executions.stop(name, "a test wants the studio to itself")

        def unfinished() -> int:
            return sum(1 for _ in scan_unfinished(self.door.cloud.client("dynamodb"), self.table))

        assert eventually(unfinished, 0) == 0

    # What the table holds

    def product(self, product_id: str) -> Product:
        found = read_product(self.door.cloud.client("dynamodb"), self.table, product_id)
        return found or Product(product_id, "unknown", 0, "")

    def photographer(self, player: Player) -> Photographer:
        found = read_photographer(self.door.cloud.client("dynamodb"), self.table, player.user_id)
        return found or Photographer(player.user_id, gone=True)

    def state(self, product_id: str) -> str:
        return self.product(product_id).state

    def becomes(self, product_id: str, state: str, seconds: float = 60) -> Product:
        """Return a product once it is in a state."""
        assert eventually(lambda: self.state(product_id), state, seconds) == state
        return self.product(product_id)

    def set_deadline(self, product_id: str, seconds: float) -> None:
        """Move the deadline of what is asked for: seconds from now."""
        until = format_time((datetime.now(UTC) + timedelta(seconds=seconds)).timestamp())
        self.door.cloud.client("dynamodb").update_item(
            TableName=self.table,
            Key={"line": {"S": f"product#{product_id}"}, "place": {"S": "-"}},
            UpdateExpression="SET #until = :until",
            ExpressionAttributeNames={"#until": "until"},
            ExpressionAttributeValues={":until": {"S": until}},
        )

    def let_time_pass(self, product_id: str) -> None:
        """Let the machine's own clock run out for what is asked for."""
        self.door.cloud.client("stepfunctions").send_task_failure(
            taskToken=self.product(product_id).asker or "", error="States.Timeout"
        )

    # What is kept of it

    def objects(self, prefix: str) -> list[str]:
        """Return the keys of what is under a prefix, each version that has bytes."""
        pages = self.door.cloud.client("s3").get_paginator("list_object_versions")
        return [
            version["Key"]
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix)
            for version in page.get("Versions", [])
        ]

    def pictures_on_the_log(self, product_id: str) -> list[dict[str, Any]]:
        """Return the events of a product's pictures, a record put twice once."""
        found = {
            event["eventId"]: event
            for event in self.door.envelopes()
            if event["data"]["schema"] == IMAGE and event["data"]["id"] == product_id
        }
        return list(found.values())


def post(ticket: Mapping[str, Any], content: bytes, **changed: str) -> Answer:
    """Post a file with a ticket; ``changed`` fields are others than the ticket says, `_` in a name is `-`."""
    fields = ticket["fields"] | {name.replace("_", "-"): value for name, value in changed.items()}
    form = {**fields, "file": ("picture", content, fields["Content-Type"])}
    body, content_type = encode_multipart_formdata(form, boundary=secrets.token_hex(16))
    return ask(ticket["url"], "POST", body, content_type=content_type)

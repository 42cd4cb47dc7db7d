"""What each route answers to a photographer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from hello_retail.aws_failures import translate_transient_failures
from hello_retail.http_api.identity import parse_identity, require_group, require_signed_in
from hello_retail.http_api.keys import is_product_id
from hello_retail.http_api.methods import (
    POST,
    READS,
    build_preflight_response,
    is_preflight,
    refuse_other_methods,
)
from hello_retail.http_api.problems import HttpResponse, Problem
from hello_retail.http_api.protocol import build_private_response
from hello_retail.pictures.places import UploadPlace
from hello_retail.studio.table import read_photographer, read_product
from hello_retail.studio_api.inbox import build_inbox_json, find_open_assignment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from hello_retail.http_api.protocol import HttpRequest
    from hello_retail.studio.items import Photographer, Product
    from hello_retail.studio_api.tickets import TicketOffice

GROUP: Final = "photographer"
PATHS: Final = ("/assignments", "/assignments/{productId}/uploads")


@dataclass(frozen=True, slots=True)
class StudioApi:
    """The routes over the studio's table.

    ``open_office`` returns what signs tickets, once one is asked for; ``clock`` returns the time in UTC.
    """

    client: DynamoDBClient
    table: str
    max_bytes: int
    open_office: Callable[[], TicketOffice]
    clock: Callable[[], datetime]

    def answer_request(self, request: HttpRequest, event: Mapping[str, Any]) -> HttpResponse:
        """Return the answer to a request; ``event`` is the same as API Gateway has it.

        Raises:
            Problem: what the client can mend.
            Unavailable: DynamoDB does not answer now.

        """
        if is_preflight(event):
            return build_preflight_response()
        match request.path.split("/")[1:]:
            case ["assignments"]:
                refuse_other_methods(request.method, READS)
                return self.answer_inbox(_require_photographer(event))
            case ["assignments", product_id, "uploads"] if product_id:
                refuse_other_methods(request.method, POST)
                return self.answer_upload(_require_photographer(event), product_id, event)
        raise Problem(HTTPStatus.NOT_FOUND, f"There is no such resource; there are {', '.join(PATHS)}.")

    def answer_inbox(self, user_id: str) -> HttpResponse:
        """Answer ``GET /assignments``."""
        photographer = self.read_photographer(user_id)
        assignment = photographer.assignment if photographer else None
        product = None if assignment is None else self.read_product(assignment)
        return build_private_response(HTTPStatus.OK, build_inbox_json(photographer, product))

    def answer_upload(self, user_id: str, product_id: str, event: Mapping[str, Any]) -> HttpResponse:
        """Answer ``POST /assignments/{productId}/uploads``."""
        from hello_retail.studio_api.tickets import read_upload_request  # noqa: PLC0415 - see there

        upload = read_upload_request(event, self.max_bytes)
        product = self.read_product(product_id) if is_product_id(product_id) else None
        assignment = find_open_assignment(product, user_id, self.clock())
        place = UploadPlace(product_id, assignment.attempt)
        ticket = self.open_office().issue_ticket(place, upload, assignment.seconds)
        return build_private_response(HTTPStatus.CREATED, ticket)

    def read_photographer(self, user_id: str) -> Photographer | None:
        """Return a photographer, strongly consistently."""
        with translate_transient_failures():
            return read_photographer(self.client, self.table, user_id)

    def read_product(self, product_id: str) -> Product | None:
        """Return a product, strongly consistently."""
        with translate_transient_failures():
            return read_product(self.client, self.table, product_id)


def _require_photographer(event: Mapping[str, Any]) -> str:
    """Return the id of the user, who must be a photographer."""
    identity = require_signed_in(event, parse_identity)
    require_group(identity.groups, GROUP, "have assignments")
    return identity.user_id

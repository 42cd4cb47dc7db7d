"""One answer and one event for the same key and body.

It is Powertools' idempotency on a DynamoDB table.

Imported by the first request with an ``Idempotency-Key``: it costs as much as the rest of the start.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyPersistenceLayerError,
    IdempotencyValidationError,
)

from hello_retail.aws_failures import Unavailable, get_transient_code
from hello_retail.event_writer.submission import (
    EventSubmission,
    build_in_progress_refusal,
    build_reused_key_refusal,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_SECONDS: Final = 24 * 60 * 60
"""How long a key is remembered."""

Receipt = dict[str, str]


@dataclass(slots=True)
class Once:
    """Runs what a key asks for once.

    An item of the table is named by a hash of user and key, and holds a hash of the body and the receipt: ids,
    nobody's name, no payload. ``lost`` is told why, where an event is on the stream and its receipt not here.
    """

    client: DynamoDBClient
    table: str
    lost: Callable[[Exception], None]
    _layer: DynamoDBPersistenceLayer = field(init=False)

    def __post_init__(self) -> None:
        self._layer = DynamoDBPersistenceLayer(table_name=self.table, boto3_client=self.client)

    def run(
        self,
        submission: EventSubmission,
        put: Callable[[], Receipt],
        context: Any,  # noqa: ANN401 - Lambda's
    ) -> Receipt:
        """Return the receipt of ``put``, from this or an earlier request.

        Where ``put`` raises, Powertools deletes the item, so that the next attempt puts the same event again (its
        id is derived). Where the event is on the stream and only the note of it failed, the client gets its receipt
        all the same; a retry, once the time is over that this invocation had, puts the same event again.

        Raises:
            Refused: 422 for another body under the key, 409 while the first attempt is under way.
            Unavailable: where DynamoDB, or ``put``, may do better later.

        """
        receipts: list[Receipt] = []

        def put_noted(*, request: object) -> Receipt:  # noqa: ARG001 - Powertools reads it by name
            receipts.append(put())
            return receipts[0]

        run = idempotent_function(
            put_noted,
            data_keyword_argument="request",
            persistence_store=self._layer,
            config=IdempotencyConfig(
                event_key_jmespath="key",
                payload_validation_jmespath="body",
                raise_on_no_idempotency_key=True,
                expires_after_seconds=KEPT_SECONDS,
                hash_function="sha256",
                lambda_context=context,
            ),
            key_prefix="event_writer",
        )
        request = {"key": [submission.actor.user_id, submission.key], "body": submission.hash_body()}
        try:
            receipt: Receipt = run(request=request)
        except IdempotencyValidationError:
            raise build_reused_key_refusal() from None
        except (IdempotencyAlreadyInProgressError, IdempotencyInconsistentStateError):
            raise build_in_progress_refusal() from None
        except IdempotencyPersistenceLayerError as error:
            if receipts:
                self.lost(error.__cause__ if isinstance(error.__cause__, Exception) else error)
                return receipts[0]
            code = get_transient_code(error.__cause__)
            if code is None:
                raise
            raise Unavailable(code) from error
        return receipt

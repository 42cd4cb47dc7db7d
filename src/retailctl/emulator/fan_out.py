"""Make event source mappings read by enhanced fan-out, as in AWS.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html ("Enhanced fan-out"), and for the
permissions of the role https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html.
"""

from __future__ import annotations

from collections import ChainMap
from typing import TYPE_CHECKING, Any

from retailctl.emulator.execution_roles import find_role_of_function, is_allowed

if TYPE_CHECKING:
    from collections.abc import Iterator

SUBSCRIBE = "kinesis:SubscribeToShard"


def find_stream_arn(consumer_arn: str) -> str:
    """Return a consumer's stream's ARN; "" for any other ARN."""
    stream, separator, _ = consumer_arn.partition("/consumer/")
    return stream if separator and ":kinesis:" in stream else ""


class ConsumerMapping(ChainMap[str, Any]):
    """A mapping on a consumer, treated as one on the consumer's stream."""

    def __setitem__(self, key: str, value: Any) -> None:  # noqa: ANN401 - a mapping's fields are of any type
        """Set a field of the mapping itself."""
        self.maps[1][key] = value

    @property
    def consumer_arn(self) -> str:
        """Return the ARN of the consumer."""
        return str(self.maps[1]["EventSourceArn"])


def patch_emulator() -> None:
    """Make mappings of the emulator in this process read by consumers."""
    from ministack.core.responses import error_response_json  # noqa: PLC0415 - importing it starts half of it
    from ministack.services import kinesis, lambda_svc  # noqa: PLC0415

    name_of, create = lambda_svc._kinesis_stream_name_from_arn_spec, lambda_svc._create_esm  # noqa: SLF001
    mappings, select = lambda_svc._iter_all_esms, lambda_svc._apply_filter_criteria  # noqa: SLF001

    def read_stream_name(spec: Any) -> str | None:  # noqa: ANN401
        stream, separator, _ = spec.resource.removeprefix("stream/").partition("/consumer/")
        name: str | None = stream if separator and spec.service == "kinesis" else name_of(spec)
        return name

    def create_mapping(data: dict[str, Any]) -> Any:  # noqa: ANN401
        source = data.get("EventSourceArn", "")
        if find_stream_arn(source):
            if kinesis._consumer_from_arn(source) is None:  # noqa: SLF001
                message = f"Consumer {source} does not exist."
                return error_response_json("InvalidParameterValueException", message, 400)
            if not _may_subscribe(data.get("FunctionName", ""), source):
                message = f"Cannot access consumer {source}: the function's role may not SubscribeToShard."
                return error_response_json("InvalidParameterValueException", message, 400)
        return create(data)

    def iterate_mappings() -> Iterator[tuple[str, str, Any]]:
        for account, region, mapping in mappings():
            stream = find_stream_arn(mapping.get("EventSourceArn", ""))
            yield (
                account,
                region,
                ConsumerMapping({"EventSourceArn": stream}, mapping) if stream else mapping,
            )

    def select_records(records: list[dict[str, Any]], mapping: Any) -> list[dict[str, Any]]:  # noqa: ANN401
        if isinstance(mapping, ConsumerMapping):
            records = [{**record, "eventSourceARN": mapping.consumer_arn} for record in records]
        selected: list[dict[str, Any]] = select(records, mapping)
        return selected

    lambda_svc._kinesis_stream_name_from_arn_spec = read_stream_name  # noqa: SLF001
    lambda_svc._create_esm = create_mapping  # noqa: SLF001
    lambda_svc._iter_all_esms = iterate_mappings  # noqa: SLF001
    lambda_svc._apply_filter_criteria = select_records  # noqa: SLF001


def _may_subscribe(function: str, consumer_arn: str) -> bool:
    """Say whether a function's role may subscribe to a consumer's shards."""
    role = find_role_of_function(function)
    # Without a function the emulator refuses the mapping itself.
    return not role or is_allowed(role, SUBSCRIBE, consumer_arn, consumer_arn.split(":")[3])

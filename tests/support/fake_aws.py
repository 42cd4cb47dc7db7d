"""DynamoDB and S3 in memory, for histories that no emulator can be brought to show.

`FakeDynamoDB` evaluates the few forms of expression that the views use; tests/integration/test_fake_aws.py
holds it against moto. It keeps the previous version of every item, so that a read that does not ask for strong
consistency gets stale data, as it may on AWS.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

Item = dict[str, Any]
NUMBER_LIMIT = 10**38


class ConditionalCheckFailedException(ClientError):
    pass


class TransactionCanceledException(ClientError):
    pass


def client_error(code: str, operation: str, **more: Any) -> ClientError:
    kind = ConditionalCheckFailedException if code == "ConditionalCheckFailedException" else ClientError
    return kind({"Error": {"Code": code, "Message": "as AWS says it"}, **more}, operation)


def transaction_canceled(reasons: list[Item]) -> TransactionCanceledException:
    """Return the error of a transaction that was not made, with a reason for each of its items."""
    error = {"Error": {"Code": "TransactionCanceledException", "Message": "as AWS says it"}}
    return TransactionCanceledException(error | {"CancellationReasons": reasons}, "TransactWriteItems")


def _item_of(error: ConditionalCheckFailedException) -> Item:
    return {"Item": error.response["Item"]} if "Item" in error.response else {}


class FakeDynamoDB:
    """A DynamoDB client over dictionaries: tables are made by naming their key attributes."""

    class exceptions:  # noqa: N801 - boto3's name
        ConditionalCheckFailedException = ConditionalCheckFailedException
        TransactionCanceledException = TransactionCanceledException

    def __init__(
        self,
        tables: Mapping[str, tuple[str, ...]],
        indexes: Mapping[tuple[str, str], tuple[str, str]] | None = None,
    ) -> None:
        self.keys = dict(tables)
        self.indexes = dict(indexes or {})
        """Keys of an index that projects keys only, by table and name."""
        self.items: dict[str, dict[tuple[str, ...], Item]] = {name: {} for name in tables}
        self.stale: dict[str, dict[tuple[str, ...], Item]] = {name: {} for name in tables}

    def key(self, table: str, item: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(item[name]["S"] for name in self.keys[table])

    def batch_get_item(self, *, RequestItems: Mapping[str, Any], ReturnConsumedCapacity: str) -> Item:
        assert ReturnConsumedCapacity == "TOTAL"
        responses = {}
        units = 0.0
        for table, request in RequestItems.items():
            source = self.items if request.get("ConsistentRead") else self.stale
            keys = [self.key(table, key) for key in request["Keys"]]
            assert 0 < len(keys) <= 100
            assert len(set(keys)) == len(keys)
            responses[table] = [dict(source[table][key]) for key in keys if key in source[table]]
            units += len(keys)
        return {
            "Responses": responses,
            "UnprocessedKeys": {},
            "ConsumedCapacity": [{"TableName": table, "CapacityUnits": units} for table in RequestItems],
        }

    def query(
        self,
        *,
        TableName: str,
        KeyConditionExpression: str,
        ExpressionAttributeNames: Mapping[str, str],
        ExpressionAttributeValues: Mapping[str, Any],
        IndexName: str | None = None,
        **request: Any,
    ) -> Item:
        """Return a page of a hash key's items, in the order of their range keys: two of an index unless asked."""
        consistent, forward = request.get("ConsistentRead", False), request.get("ScanIndexForward", True)
        assert not (consistent and IndexName), "AWS reads an index eventually consistently"
        own = self.keys[TableName]
        keys = (*self.indexes[TableName, IndexName], *own) if IndexName else own
        items = [
            {name: item[name] for name in keys} if IndexName else dict(item)
            for item in (self.items if consistent else self.stale)[TableName].values()
            if all(name in item for name in keys)
            and holds(KeyConditionExpression, item, ExpressionAttributeNames, ExpressionAttributeValues)
        ]

        def place(item: Item) -> tuple[str, ...]:
            return tuple(item[name]["S"] for name in keys)

        items.sort(key=place, reverse=not forward)
        if start := request.get("ExclusiveStartKey"):
            items = [
                item
                for item in items
                if place(item) != place(start) and (place(item) > place(start)) is forward
            ]
        size = request.get("Limit") or (2 if IndexName else len(items))
        answer: Item = {"Items": items[:size]}
        if len(items) > size:
            answer["LastEvaluatedKey"] = {name: items[size - 1][name] for name in keys}
        return answer

    def scan(
        self,
        *,
        TableName: str,
        ExpressionAttributeNames: Mapping[str, str],
        ExpressionAttributeValues: Mapping[str, Any] | None = None,
        ConsistentRead: bool = False,
        ProjectionExpression: str = "",
        FilterExpression: str = "",
        ReturnConsumedCapacity: str = "NONE",
        ExclusiveStartKey: Item | None = None,
    ) -> Item:
        """Return a page of at most two items, before the filter: of the attributes that are named, if any are."""
        source = (self.items if ConsistentRead else self.stale)[TableName]
        wanted = {ExpressionAttributeNames[name] for name in ProjectionExpression.split(", ") if name}
        values = ExpressionAttributeValues or {}
        keys = sorted(source)
        after = self.key(TableName, ExclusiveStartKey) if ExclusiveStartKey else ()
        page = [key for key in keys if key > after][:2]
        answer: Item = {
            "Items": [
                {k: v for k, v in source[key].items() if not wanted or k in wanted}
                for key in page
                if not FilterExpression
                or holds(FilterExpression, source[key], ExpressionAttributeNames, values)
            ],
            "ConsumedCapacity": {"TableName": TableName, "CapacityUnits": 1.0},
        }
        if page and page[-1] != keys[-1]:
            last = source[page[-1]]
            answer["LastEvaluatedKey"] = {name: last[name] for name in self.keys[TableName]}
        return answer

    def get_item(self, *, TableName: str, Key: Item, ConsistentRead: bool = False) -> Item:
        item = (self.items if ConsistentRead else self.stale)[TableName].get(self.key(TableName, Key))
        return {"Item": dict(item)} if item else {}

    def put_item(self, *, TableName: str, Item: Item, **request: Any) -> Item:
        self._check(TableName, Item, request)
        self.items[TableName][self.key(TableName, Item)] = dict(Item)
        return {}

    def delete_item(self, *, TableName: str, Key: Item, **request: Any) -> Item:
        self._check(TableName, Key, request)
        self.items[TableName].pop(self.key(TableName, Key), None)
        return {}

    def transact_write_items(
        self, *, TransactItems: list[dict[str, Any]], ReturnConsumedCapacity: str = "NONE"
    ) -> Item:
        reasons: list[Item] = []
        places = []
        for ((kind, request),) in (each.items() for each in TransactItems):
            assert kind in {"ConditionCheck", "Delete", "Put", "Update"}
            key = request.get("Key") or request["Item"]
            places.append((request["TableName"], self.key(request["TableName"], key)))
            try:
                self._check(request["TableName"], key, request)
                reasons.append({"Code": "None"})
            except ConditionalCheckFailedException as error:
                reasons.append({"Code": "ConditionalCheckFailed", **_item_of(error)})
        assert len(set(places)) == len(places), "AWS takes each item once in a transaction"
        if any(reason["Code"] != "None" for reason in reasons):
            raise transaction_canceled(reasons)
        for ((kind, request),) in (each.items() for each in TransactItems):
            if kind == "Put":
                self.put_item(TableName=request["TableName"], Item=request["Item"])
            if kind == "Update":
                self.update_item(**request)
            if kind == "Delete":
                self.delete_item(TableName=request["TableName"], Key=request["Key"])
        used = [{"TableName": table, "CapacityUnits": 2.0} for table, _ in places]
        return {"ConsumedCapacity": used} if ReturnConsumedCapacity == "TOTAL" else {}

    def _check(self, table: str, key: Item, request: Mapping[str, Any]) -> None:
        old = self.items[table].get(self.key(table, key), {})
        names, values = (
            request.get("ExpressionAttributeNames", {}),
            request.get("ExpressionAttributeValues", {}),
        )
        if "ConditionExpression" in request and not holds(request["ConditionExpression"], old, names, values):
            more = {"Item": dict(old)} if old and "ReturnValuesOnConditionCheckFailure" in request else {}
            raise client_error("ConditionalCheckFailedException", "PutItem", **more)

    def get_paginator(self, operation: str) -> Any:
        """Return a paginator whose pages are the items of whole tables."""
        assert operation == "scan"

        class Pages:
            @staticmethod
            def paginate(*, TableName: str, ConsistentRead: bool) -> list[Item]:
                source = (self.items if ConsistentRead else self.stale)[TableName]
                return [{"Items": [dict(item)]} for item in source.values()]

        return Pages

    def update_item(self, **request: Any) -> Item:
        table, names = request["TableName"], request.get("ExpressionAttributeNames", {})
        values = request.get("ExpressionAttributeValues", {})
        key = self.key(table, request["Key"])
        old = self.items[table].get(key, {})
        self._check(table, request["Key"], request)
        new = {**request["Key"], **old} | assignments(request["UpdateExpression"], old, names, values)
        for name in removals(request["UpdateExpression"], names):
            new.pop(name, None)
        if old:
            self.stale[table][key] = dict(old)
        self.items[table][key] = new
        answer: Item = {"ConsumedCapacity": {"TableName": table, "CapacityUnits": 1.0}}
        if request.get("ReturnValues") in {"ALL_NEW", "ALL_OLD"}:
            answer["Attributes"] = dict(new if request["ReturnValues"] == "ALL_NEW" else old)
        return answer


class FakeS3:
    """An S3 client that keeps what is put."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> Item:
        assert ContentType == "application/json"
        self.objects[Bucket, Key] = Body
        return {}


def assignments(
    expression: str, old: Mapping[str, Any], names: Mapping[str, str], values: Mapping[str, Any]
) -> Item:
    """Return the attributes that an update expression of SET and ADD clauses gives the item."""
    result: Item = {}
    for clause, body in re.findall(r"(SET|ADD)\s+(.*?)(?=\s+(?:SET|ADD|REMOVE)\s|$)", expression):
        for part in re.split(r",\s*(?![^()]*\))", body):
            if clause == "ADD":
                name, value = part.split()
                name = names.get(name, name)
                if "SS" in values[value]:
                    known = old.get(name, {"SS": []})["SS"]
                    result[name] = {"SS": sorted({*known, *values[value]["SS"]})}
                    continue
                total = int(old.get(name, {"N": "0"})["N"]) + int(values[value]["N"])
                assert abs(total) < NUMBER_LIMIT
                result[name] = {"N": str(total)}
                continue
            name, _, operand = part.partition("=")
            name, operand = names.get(name.strip(), name.strip()), operand.strip()
            default = re.fullmatch(r"if_not_exists\((\S+),\s*(\S+)\)", operand)
            if default:
                source = names.get(default[1], default[1])
                result[name] = old.get(source, values[default[2]])
            else:
                result[name] = values[operand]
    return result


def removals(expression: str, names: Mapping[str, str]) -> list[str]:
    """Return the attributes that an update expression's REMOVE clause takes away."""
    found = re.search(r"REMOVE\s+(.*?)(?=\s+(?:SET|ADD)\s|$)", expression)
    return [names.get(name, name) for name in found[1].split(", ")] if found else []


def holds(
    expression: str, item: Mapping[str, Any], names: Mapping[str, str], values: Mapping[str, Any]
) -> bool:
    """Evaluate a condition of terms joined by OR and AND, without brackets around terms."""

    def term(text: str) -> bool:
        text = text.strip()
        if match := re.fullmatch(r"attribute_(not_)?exists\((\S+)\)", text):
            return (names.get(match[2], match[2]) in item) is (match[1] is None)
        name, operator, value = text.split()
        attribute = item.get(names.get(name, name))
        if attribute is None:
            return operator == "<>"
        (kind, left), (other, right) = *attribute.items(), *values[value].items()
        if kind != other:
            return operator == "<>"
        if kind == "N":
            left, right = Decimal(left), Decimal(right)
        compare: dict[str, Callable[[], bool]] = {
            "<": lambda: left < right,
            ">=": lambda: left >= right,
            "=": lambda: left == right,
            "<>": lambda: left != right,
        }
        return compare[operator]()

    return any(all(term(part) for part in option.split(" AND ")) for option in expression.split(" OR "))

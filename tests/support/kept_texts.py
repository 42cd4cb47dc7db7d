"""All that an applied environment keeps, to be searched for what must not be there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from retailctl.stream.reader import read_payloads
from support import log_search
from support.names import PROJECT

if TYPE_CHECKING:
    from support.players import FrontDoor


def collect_texts(door: FrontDoor, machine: str) -> list[tuple[str, str]]:
    """Return each text that is kept, with a word for where: log, table, history, object or stream.

    The histories are those of one machine. The archive has what the stream has.
    """
    cloud, found = door.cloud, door.found
    name = f"{PROJECT}-{door.environment}"
    texts = [
        (f"stream: {json.loads(data)['data']['schema'].split('/', 1)[1].rpartition('/')[0]}", data.decode())
        for data in read_payloads(cloud.client("kinesis"), found["stream_name"])
    ]
    prefixes = (f"/aws/lambda/{name}-", f"/aws/vendedlogs/states/{name}-")
    lines = [line for prefix in prefixes for line in log_search.read_lines(cloud, prefix)]
    texts += [
        (f"log: {line.group.rpartition('/')[2].removeprefix(name + '-')}", line.message) for line in lines
    ]
    dynamodb, states, s3 = (cloud.client(each) for each in ("dynamodb", "stepfunctions", "s3"))
    for table in dynamodb.list_tables()["TableNames"]:
        if table.startswith(name):
            for page in dynamodb.get_paginator("scan").paginate(TableName=table):
                texts += [(f"table: {table.removeprefix(name + '-')}", repr(item)) for item in page["Items"]]
    for page in states.get_paginator("list_executions").paginate(stateMachineArn=machine):
        for of in [{"executionArn": each["executionArn"]} for each in page["executions"]]:
            histories = states.get_paginator("get_execution_history").paginate(**of)
            texts += [("history", repr(history["events"])) for history in histories]
            texts += [("history", repr(states.describe_execution(**of)))]
    for bucket in (found["pictures_bucket"], found["quarantine_bucket"], found["site_bucket"]):
        what = f"object: {bucket.removeprefix(name + '-').rpartition('-')[0]}"
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for version in page.get("Versions", []):
                answer = s3.get_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
                content = answer.pop("Body").read().decode("latin-1")
                texts.append((what, f"/{version['Key']} {answer} {content}"))
    return texts

"""The Lambda entry of the photo desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from hello_retail.photo_desk.desk import Dealt, Outcome, PhotoDesk
from hello_retail.photo_desk.notification import Upload, parse_notification
from hello_retail.photo_desk.store import AWS_CONFIG, PictureBucket
from hello_retail.settings import read_settings


@dataclass(frozen=True, slots=True)
class PhotoDeskSettings:
    """The function's environment variables, under these names in upper case."""

    studio_table: str
    pictures_bucket: str
    max_bytes: int
    environment: str
    powertools_metrics_namespace: str


SETTINGS = read_settings(PhotoDeskSettings)
logger = Logger()
metrics = Metrics(namespace=SETTINGS.powertools_metrics_namespace)
metrics.set_default_dimensions(Environment=SETTINGS.environment)

desk = PhotoDesk(
    # Made at import: Lambda lends a whole processor to the start, and a fraction of one to requests.
    boto3.client("dynamodb", config=AWS_CONFIG),
    SETTINGS.studio_table,
    PictureBucket(boto3.client("s3", config=AWS_CONFIG), SETTINGS.pictures_bucket),
    boto3.client("stepfunctions", config=AWS_CONFIG),
    SETTINGS.max_bytes,
)


def handler(event: Mapping[str, Any], _context: object) -> None:
    """Deal with each object of a notification.

    One that fails does not hold up the others. Its error is raised at the end, so that Lambda tries all of them
    again: what is dealt with changes nothing.
    """
    failures: list[Exception] = []
    for upload in parse_notification(event):
        try:
            report(upload, desk.deal_with(upload))
        except Exception as error:  # noqa: BLE001 - raised below
            failures.append(error)
    if failures:
        raise failures[0]


def report(upload: Upload, dealt: Dealt) -> None:
    """Write one log line and, where there is one, the metric; nobody's name, nothing of the file."""
    about = (
        {} if upload.place is None else {"product": upload.place.product_id, "attempt": upload.place.attempt}
    )
    log = logger.warning if dealt.outcome == Outcome.FOREIGN else logger.debug
    log("upload dealt with", extra={**about, "outcome": dealt.outcome, "problem": dealt.problem})
    if dealt.outcome == Outcome.DELIVERED:
        metrics.add_metric("PicturesDelivered", MetricUnit.Count, 1)
    elif dealt.outcome == Outcome.LATE:
        metrics.add_metric("LatePictures", MetricUnit.Count, 1)
    elif dealt.outcome == Outcome.REFUSED:
        metrics.add_metric("RefusedPictures", MetricUnit.Count, 1)
    else:
        return  # a metric that is never sent costs nothing
    metrics.flush_metrics()

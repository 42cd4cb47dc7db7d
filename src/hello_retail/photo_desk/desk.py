"""What becomes of an upload. The table decides: every step may be done again, late or twice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from hello_retail.pictures import Picture, PictureProblem, PictureRefused, clean_picture
from hello_retail.pictures.places import UploadPlace, format_picture_key
from hello_retail.studio.items import ASKED, DELIVERED, PICTURED, Product
from hello_retail.studio.table import deliver, note_problem, read_product
from hello_retail.studio.tokens import answer_token

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from hello_retail.photo_desk.notification import Upload
    from hello_retail.photo_desk.store import PictureBucket
    from hello_retail.studio.tokens import StepFunctions


class Outcome(StrEnum):
    """What became of an upload."""

    DELIVERED = "delivered"
    """It is the product's picture."""
    REPEATED = "repeated"
    """The attempt has its picture: this one again, or another that was first."""
    REFUSED = "refused"
    """It is no picture that the shop takes; the photographer may send another one."""
    LATE = "late"
    """It is not what is asked for now."""
    GONE = "gone"
    """An earlier notification of it was dealt with."""
    FOREIGN = "foreign"
    """It is no upload."""


@dataclass(frozen=True, slots=True)
class Dealt:
    """What became of an upload, and why it was refused."""

    outcome: Outcome
    problem: PictureProblem | None = None


@dataclass(frozen=True, slots=True)
class PhotoDesk:
    """The desk, with the table, the bucket and the machine that it works with."""

    dynamodb: DynamoDBClient
    table: str
    bucket: PictureBucket
    machine: StepFunctions
    max_bytes: int

    def deal_with(self, upload: Upload) -> Dealt:
        """Deal with one upload and delete it; again is harmless, wherever an earlier run stopped.

        Whatever AWS raises is raised.
        """
        place = upload.place
        if place is None:
            return Dealt(Outcome.FOREIGN)
        dealt = self._judge(upload, place)
        self.bucket.delete_upload(upload)
        return dealt

    def _judge(self, upload: Upload, place: UploadPlace) -> Dealt:
        product, image = self._read_product(place), None
        if _is_at(product, place, ASKED):
            uploaded = self.bucket.read_upload(upload, self.max_bytes)
            if uploaded is None:
                return Dealt(Outcome.GONE)
            try:
                picture = clean_picture(uploaded.content, uploaded.content_type, self.max_bytes)
            except PictureRefused as refused:
                if self._note_problem(place, refused.problem):
                    return Dealt(Outcome.REFUSED, refused.problem)
            else:
                image = self._deliver(place, picture)
            product = self._read_product(place)
        return Dealt(self._conclude(product, place, image))

    def _read_product(self, place: UploadPlace) -> Product | None:
        return read_product(self.dynamodb, self.table, place.product_id)

    def _note_problem(self, place: UploadPlace, problem: PictureProblem) -> bool:
        return note_problem(self.dynamodb, self.table, place.product_id, place.attempt, problem)

    def _deliver(self, place: UploadPlace, picture: Picture) -> str:
        """Write a picture, then note it; return its path. The first that is noted is the attempt's."""
        key = format_picture_key(place.product_id, picture)
        self.bucket.write_picture(key, picture)
        deliver(self.dynamodb, self.table, place.product_id, place.attempt, f"/{key}")
        return f"/{key}"

    def _conclude(self, product: Product | None, place: UploadPlace, image: str | None) -> Outcome:
        """Answer the machine with the picture that the table has, and say whether it is ``image``."""
        if product is None or not _is_at(product, place, DELIVERED, PICTURED):
            return Outcome.LATE
        if product.state == DELIVERED and product.asker is not None:
            answer_token(self.machine, product.asker, {"image": product.image})
        return Outcome.DELIVERED if image == product.image else Outcome.REPEATED


def _is_at(product: Product | None, place: UploadPlace, *states: str) -> bool:
    return product is not None and product.attempt == place.attempt and product.state in states

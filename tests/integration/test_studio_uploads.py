"""An upload by its ticket, as S3 of the local cloud takes or refuses it, and the desk over the same bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import urllib3
from botocore.exceptions import ClientError

from hello_retail.photo_desk.desk import Dealt, Outcome, PhotoDesk
from hello_retail.photo_desk.notification import Upload
from hello_retail.photo_desk.store import CACHE_CONTROL, PictureBucket
from hello_retail.pictures.places import UploadPlace, parse_upload_key
from hello_retail.studio_api.tickets import TicketOffice, UploadRequest
from support import bare_emulator
from support.pictures import exif, jpeg
from support.studio import STUDIO
from support.studio_desk import PRODUCT, TOKEN, DeskWorld

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.slow

BUCKET = "uploads"
SECRET = b"N 52.2297 E 21.0122"
PHOTO = jpeg(head=exif(6, SECRET))
PLACE = UploadPlace(PRODUCT, 2)


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Client]:
    with bare_emulator.started(tmp_path_factory.mktemp("cloud") / "uploads") as cloud:
        client = cloud.client("s3", signature_version="s3v4", s3={"addressing_style": "virtual"})
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield client


def ticket(s3: S3Client, size: int = len(PHOTO), seconds: int = 60) -> dict[str, Any]:
    return TicketOffice(s3, BUCKET).issue_ticket(PLACE, UploadRequest("image/jpeg", size), seconds)


def send(given: dict[str, Any], content: bytes = PHOTO, **changes: str) -> int:
    """Post the form of a ticket, with other fields than it has, and return the status."""
    fields: dict[str, Any] = given["fields"] | {
        name.replace("_", "-"): text for name, text in changes.items()
    }
    answer = urllib3.request(
        "POST", given["url"], fields=fields | {"file": ("picture", content)}, retries=False
    )
    return answer.status


def count_uploads(s3: S3Client) -> int:
    listed = s3.list_object_versions(Bucket=BUCKET, Prefix="incoming/")
    return len(listed.get("Versions", [])) + len(listed.get("DeleteMarkers", []))


def test_s3_takes_what_a_ticket_is_for_and_refuses_everything_else(s3: S3Client) -> None:
    given = ticket(s3)
    before = count_uploads(s3)

    assert send(given, PHOTO + b"!") == 400, "over its size"
    assert send(given, b"") == 400
    assert send(given, Content_Type="image/png") == 403
    assert send(given, Content_Type="text/html") == 403
    assert send(given, key="incoming/p1/2/another") == 403
    assert send(given, key="pictures/p1/x.jpg") == 403
    assert send(given, success_action_status="200") == 403
    assert send(given, policy=ticket(s3, 10**7)["fields"]["policy"]) == 403, "another ticket's policy"
    assert send(given, **{"x-amz-meta-phone": "+48123456789"}) == 403, "a field that it does not name"
    assert send(ticket(s3, seconds=-1)) == 403, "expired"
    assert count_uploads(s3) == before

    assert send(given) == 201
    assert count_uploads(s3) == before + 1


def test_the_desk_leaves_a_clean_picture_and_nothing_of_the_upload(s3: S3Client) -> None:
    world = DeskWorld()
    desk = PhotoDesk(world.table, STUDIO, PictureBucket(s3, BUCKET), world.machine, 10**6)  # type: ignore[arg-type]
    given = ticket(s3)
    assert send(given) == 201
    key = given["fields"]["key"]
    version = s3.head_object(Bucket=BUCKET, Key=key)["VersionId"]
    upload = Upload(key, version, parse_upload_key(key))

    assert desk.deal_with(upload) == Dealt(Outcome.DELIVERED)

    image = world.product().image
    assert image is not None
    stored = s3.get_object(Bucket=BUCKET, Key=image[1:])
    assert (stored["ContentType"], stored["CacheControl"], stored["Metadata"]) == (
        "image/jpeg",
        CACHE_CONTROL,
        {},
    )
    content = stored["Body"].read()
    assert SECRET not in content
    assert b"Exif" in content, "which way is up"
    versions = s3.list_object_versions(Bucket=BUCKET, Prefix=key)
    assert "Versions" not in versions
    with pytest.raises(ClientError):
        s3.get_object(Bucket=BUCKET, Key=key, VersionId=version)
    assert [token for token, _ in world.machine.answers] == [TOKEN]

    world.change_product(state="asked")
    assert desk.deal_with(upload) == Dealt(Outcome.GONE), "S3's event once more"

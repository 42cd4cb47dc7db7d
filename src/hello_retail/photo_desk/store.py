"""The bucket, as the photo desk uses it; errors of AWS are raised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from hello_retail.photo_desk.notification import Upload
    from hello_retail.pictures import Picture

AWS_CONFIG = Config(
    connect_timeout=1,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    tcp_keepalive=True,
)
CACHE_CONTROL: Final = "public, max-age=31536000, immutable"
"""A picture's key is named by its content, so it never changes."""
_GONE = frozenset({"NoSuchKey", "NoSuchVersion", "404"})


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """An upload's bytes, of which there may be one more than was asked for, and what they were announced as."""

    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class PictureBucket:
    """The bucket of uploads and pictures."""

    client: S3Client
    name: str

    def read_upload(self, upload: Upload, max_bytes: int) -> UploadedFile | None:
        """Return an upload's first ``max_bytes`` and one more; ``None`` if it is gone."""
        try:
            answer = self.client.get_object(**self._locate(upload))
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return None
            raise
        with answer["Body"] as body:
            return UploadedFile(body.read(max_bytes + 1), answer["ContentType"])

    def write_picture(self, key: str, picture: Picture) -> None:
        """Write a picture: again is the same."""
        self.client.put_object(
            Bucket=self.name,
            Key=key,
            Body=picture.content,
            ContentType=picture.content_type,
            CacheControl=CACHE_CONTROL,
        )

    def delete_upload(self, upload: Upload) -> None:
        """Delete an upload, its bytes included where the bucket keeps versions; again is the same."""
        self.client.delete_object(**self._locate(upload))

    def _locate(self, upload: Upload) -> Any:  # noqa: ANN401 - boto3's requests
        version = {} if upload.version is None else {"VersionId": upload.version}
        return {"Bucket": self.name, "Key": upload.key, **version}

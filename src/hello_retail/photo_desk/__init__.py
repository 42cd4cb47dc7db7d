"""The photo desk: checks, cleans and hands over each picture that photographers upload.

Invoked by S3 for every object under ``incoming/``, asynchronously, perhaps twice. Every step may be done again: the
table decides, so a crash between any two steps heals when Lambda invokes the function again.

1. Read the product, strongly consistently. Where the upload is not for the attempt that is asked for, it is late.
2. Read the object, check and clean it. What is refused leaves its reason in the photographer's inbox.
3. Write ``pictures/<product>/<hash>.jpg``, then note it as delivered, then answer the machine's token.
4. Delete the upload, and with it where it was taken.

Environment: ``STUDIO_TABLE``, ``PICTURES_BUCKET``, ``MAX_BYTES`` (of an upload), ``ENVIRONMENT``,
``POWERTOOLS_SERVICE_NAME`` (photo_desk), ``POWERTOOLS_METRICS_NAMESPACE``, ``LOG_LEVEL``. Memory: checking an
upload of 10 MiB takes 30 MiB beside it, so 256 MB hold it; 512 MB halve the time. Time-out: 60 s.

Calls of AWS: ``s3:GetObject``, ``GetObjectVersion``, ``DeleteObject`` and ``DeleteObjectVersion`` on
``incoming/*``, ``s3:PutObject`` on ``pictures/*``, ``s3:ListBucket`` and ``ListBucketVersions`` (without them S3
answers 403 for what is gone); ``dynamodb:GetItem`` and ``UpdateItem`` on the studio; ``states:SendTaskSuccess``;
through the encryption key ``kms:Decrypt`` and ``GenerateDataKey``. It parses what strangers sent: it may neither
write to the stream nor send messages.

Metrics, by ``Environment``: ``PicturesDelivered``, ``LatePictures``, ``RefusedPictures``.
"""

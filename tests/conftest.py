"""Settings that every test shares: the environment of a function, and credentials that reach nothing."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "CONTRIBUTIONS_TABLE": "contributions",
    "SCORES_TABLE": "scores",
    "QUARANTINE_BUCKET": "quarantine",
    "SCORE_BUCKETS": "2",
    "RECENT_EVENTS": "16",
    "STREAM_NAME": "retail",
    "IDEMPOTENCY_TABLE": "idempotency",
    "ENVIRONMENT": "test",
    "POWERTOOLS_SERVICE_NAME": "test",
    "POWERTOOLS_METRICS_NAMESPACE": "HelloRetail",
}

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")

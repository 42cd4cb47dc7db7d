environment         = "staging"
region              = "us-east-1"
allowed_account_ids = []

alarm_emails     = []
alarm_topic_arns = []

log_level          = "INFO"
log_retention_days = 30

quarantine = {
  retention_days = 30
  force_destroy  = false
}

stream = {
  shard_count     = 2
  retention_hours = 48
}

tables = {
  deletion_protection    = true
  point_in_time_recovery = true
}

winner_api = {
  memory_mb       = 512
  timeout_seconds = 10
  throttle = {
    burst           = 50
    rate_per_second = 25
  }
  cors_origins = []
}

winner_view = {
  batch_size              = 1000
  batching_window_seconds = 5
  memory_mb               = 512
  timeout_seconds         = 60
}

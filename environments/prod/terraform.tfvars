environment         = "prod"
region              = "us-east-1"
allowed_account_ids = []
protected           = true

access_log_retention_days = 90

alarm_emails     = [] # set it, or alarm_topic_arns, before the first apply to AWS
alarm_topic_arns = []

archive = {
  enabled        = true
  fan_out        = true
  window_seconds = 60
  cold_days      = 30
  expire_days    = null
  force_destroy  = false
}

budget = {
  monthly_usd = 200
}

canary = {
  catalog_api  = null
  event_writer = null
  shop_api     = null
  studio_api   = null
  trending_api = null
  winner_api   = null
}

event_writer = {
  memory_mb       = 512
  timeout_seconds = 20
  workshop        = false
  throttle = {
    burst           = 400
    rate_per_second = 200
  }
}

generations = {
  "1" = {}
}
live_generation = 1

log_level          = "INFO"
log_retention_days = 365

photos = {
  minutes          = 15
  per_registration = 3
  recheck_seconds  = 900
  patience_days    = 7
  messages         = "none"
  max_bytes        = 10485760
}

quarantine = {
  retention_days = 365
  force_destroy  = false
}

shop = {
  currency = "USD"
}

shop_generations = {
  "1" = {}
}
live_shop_generation = 1

shop_view = {
  batch_size              = 1000
  batching_window_seconds = 5
  memory_mb               = 512
  timeout_seconds         = 60
}

sign_in = {
  totp                = "optional"
  token_minutes       = 60
  session_hours       = 12
  deletion_protection = true
}

site = {
  price_class   = "PriceClass_100"
  force_destroy = false
  domain        = null
}

stream = {
  shard_count        = 2
  retention_hours    = 168
  writer_account_ids = []
}

tables = {
  deletion_protection    = true
  point_in_time_recovery = true
}

trending = {
  half_life_minutes       = 60
  generation              = 1
  batch_size              = 5000
  batching_window_seconds = 60
  memory_mb               = 512
  timeout_seconds         = 120
}

winner_api = {
  memory_mb       = 512
  timeout_seconds = 10
  throttle = {
    burst           = 200
    rate_per_second = 100
  }
  cors_origins = []
}

winner_view = {
  batch_size              = 1000
  batching_window_seconds = 5
  memory_mb               = 512
  timeout_seconds         = 60
}

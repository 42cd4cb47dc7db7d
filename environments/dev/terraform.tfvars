environment         = "dev"
region              = "us-east-1"
allowed_account_ids = []
protected           = false

access_log_retention_days = 7

alarm_emails     = []
alarm_topic_arns = []

archive = {
  enabled        = false
  fan_out        = false
  window_seconds = 60
  cold_days      = 30
  expire_days    = 120
  force_destroy  = true
}

budget = {
  monthly_usd = 70
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
  workshop        = true
  throttle = {
    burst           = 100
    rate_per_second = 50
  }
}

generations = {
  "1" = {}
}
live_generation = 1

log_level          = "INFO"
log_retention_days = 7

# A look a minute, for one day: a laptop under load loses an answer now and then, and `make demo` waits for it.
photos = {
  minutes          = 2
  per_registration = 3
  recheck_seconds  = 60
  patience_days    = 1
  messages         = "none"
  max_bytes        = 10485760
}

quarantine = {
  retention_days = 7
  force_destroy  = true
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
  batching_window_seconds = 1
  memory_mb               = 512
  timeout_seconds         = 60
}

sign_in = {
  totp                = "optional"
  token_minutes       = 60
  session_hours       = 12
  deletion_protection = false
}

site = {
  price_class   = "PriceClass_100"
  force_destroy = true
  domain        = null
}

stream = {
  shard_count        = 1
  retention_hours    = 24
  writer_account_ids = []
}

tables = {
  deletion_protection    = false
  point_in_time_recovery = false
}

trending = {
  half_life_minutes       = 60
  generation              = 1
  batch_size              = 5000
  batching_window_seconds = 1
  memory_mb               = 512
  timeout_seconds         = 120
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
  batching_window_seconds = 1
  memory_mb               = 512
  timeout_seconds         = 60
}

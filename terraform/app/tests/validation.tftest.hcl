mock_provider "aws" {
  source = "../../modules/testing/mocks"
}

variables {
  environment         = "prod"
  region              = "us-east-1"
  allowed_account_ids = ["111122223333"]
  protected           = true
  artifacts_dir       = "./tests/artifacts"
  alarm_emails        = ["on-call@retail.internal"]
  alarm_topic_arns    = []

  access_log_retention_days = 90

  budget          = { monthly_usd = 150 }
  canary          = {}
  archive         = { enabled = true, fan_out = true, window_seconds = 60, cold_days = 30, expire_days = null, force_destroy = false }
  generations     = { "1" = {} }
  live_generation = 1

  shop                 = { currency = "USD" }
  shop_generations     = { "1" = {} }
  live_shop_generation = 1
  shop_view = {
    batch_size              = 1000
    batching_window_seconds = 5
    memory_mb               = 512
    timeout_seconds         = 60
  }

  event_writer = {
    memory_mb       = 512
    timeout_seconds = 20
    workshop        = false
    throttle        = { burst = 400, rate_per_second = 200 }
  }
  photos = {
    minutes          = 15
    per_registration = 3
    recheck_seconds  = 900
    patience_days    = 7
    messages         = "none"
    max_bytes        = 10485760
  }
  log_level          = "INFO"
  log_retention_days = 365
  quarantine         = { retention_days = 365, force_destroy = false }
  sign_in = {
    totp                = "optional"
    token_minutes       = 60
    session_hours       = 12
    deletion_protection = true
  }
  site   = { price_class = "PriceClass_100", force_destroy = false, domain = null }
  stream = { shard_count = 3, retention_hours = 168 }
  tables = { deletion_protection = true, point_in_time_recovery = true }
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
    throttle        = { burst = 200, rate_per_second = 100 }
    cors_origins    = []
  }
  winner_view = {
    batch_size              = 1000
    batching_window_seconds = 5
    memory_mb               = 512
    timeout_seconds         = 60
  }
}

run "a_generation_goes_on_with_the_build_that_it_is_pinned_to" {
  command = plan

  variables {
    generations = { "1" = { build = "0123456789012345678901234567890123456789" }, "2" = {} }
  }

  expect_failures = [var.artifacts_dir]
}

run "refuses_a_live_generation_that_does_not_stand" {
  command = plan

  variables {
    live_generation = 2
  }

  expect_failures = [var.live_generation]
}

run "refuses_a_live_generation_that_does_not_read_the_stream" {
  command = plan

  variables {
    generations = { "1" = { enabled = false } }
  }

  expect_failures = [var.live_generation]
}

run "refuses_a_mistyped_value_of_a_generation" {
  command = plan

  variables {
    generations = { "1" = {}, "2" = { enable = false } }
  }

  expect_failures = [var.generations]
}

run "refuses_a_generation_that_is_neither_on_nor_off_the_stream" {
  command = plan

  variables {
    generations = { "1" = {}, "2" = { enabled = "later" } }
  }

  expect_failures = [var.generations]
}

run "refuses_a_build_that_is_no_whole_hash" {
  command = plan

  variables {
    generations = { "1" = {}, "2" = { build = "main" } }
  }

  expect_failures = [var.generations]
}

run "a_protected_environment_refuses_to_be_without_its_archive" {
  command = plan

  variables {
    archive = { enabled = false, fan_out = false, window_seconds = 60, cold_days = 30, expire_days = null, force_destroy = false }
  }

  expect_failures = [var.archive]
}

run "refuses_an_archive_that_expires_before_its_cold_storage_is_paid_off" {
  command = plan

  variables {
    archive = { enabled = true, fan_out = true, window_seconds = 60, cold_days = 30, expire_days = 60, force_destroy = false }
  }

  expect_failures = [var.archive]
}

run "refuses_an_archive_that_waits_longer_than_a_mapping_can" {
  command = plan

  variables {
    archive = { enabled = true, fan_out = true, window_seconds = 301, cold_days = 30, expire_days = null, force_destroy = false }
  }

  expect_failures = [var.archive]
}

run "a_protected_environment_refuses_tables_that_can_be_deleted" {
  command = plan

  variables {
    tables = { deletion_protection = false, point_in_time_recovery = true }
  }

  expect_failures = [var.tables]
}

run "a_protected_environment_refuses_tables_that_cannot_be_restored" {
  command = plan

  variables {
    tables = { deletion_protection = true, point_in_time_recovery = false }
  }

  expect_failures = [var.tables]
}

run "a_protected_environment_refuses_a_log_of_events_under_seven_days" {
  command = plan

  variables {
    stream = { shard_count = 3, retention_hours = 167 }
  }

  expect_failures = [var.stream]
}

run "a_protected_environment_refuses_logs_under_a_year" {
  command = plan

  variables {
    log_retention_days = 180
  }

  expect_failures = [var.log_retention_days]
}

run "a_protected_environment_refuses_to_keep_its_access_log_for_a_month_only" {
  command = plan

  variables {
    access_log_retention_days = 30
  }

  expect_failures = [var.access_log_retention_days]
}

run "refuses_an_access_log_retention_that_logs_do_not_take" {
  command = plan

  variables {
    access_log_retention_days = 100
  }

  expect_failures = [var.access_log_retention_days]
}

run "a_protected_environment_refuses_alarms_that_reach_nobody" {
  command = plan

  variables {
    alarm_emails = []
  }

  expect_failures = [var.alarm_topic_arns]
}

run "a_placeholder_is_nobody" {
  command = plan

  variables {
    alarm_emails = ["on-call@retail.internal", "on-call@example.com"]
  }

  expect_failures = [var.alarm_emails]
}

run "a_budget_of_nothing_is_refused" {
  command = plan

  variables {
    budget = { monthly_usd = 0 }
  }

  expect_failures = [var.budget]
}

run "refuses_a_mistyped_canary" {
  command = plan

  variables {
    canary = { winer_api = { version = "7", weight = 0.1 } }
  }

  expect_failures = [var.canary]
}

run "refuses_a_mistyped_canary_of_nothing" {
  command = plan

  variables {
    canary = { winer_api = null }
  }

  expect_failures = [var.canary]
}

run "refuses_a_canary_of_a_view" {
  command = plan

  variables {
    canary = { winner_view = { version = "7", weight = 0.1 } }
  }

  expect_failures = [var.canary]
}

run "runbooks_have_no_slash_at_their_end" {
  command = plan

  variables {
    runbooks_url = "https://wiki.retail.internal/runbooks/"
  }

  expect_failures = [var.runbooks_url]
}

run "refuses_runbooks_at_an_address_too_long_for_an_alarms_description" {
  command = plan

  variables {
    runbooks_url = "https://example.com/${format("%0240d", 0)}"
  }

  expect_failures = [var.runbooks_url]
}

run "a_protected_environment_refuses_a_quarantine_thrown_away_with_its_objects" {
  command = plan

  variables {
    quarantine = { retention_days = 365, force_destroy = true }
  }

  expect_failures = [var.quarantine]
}

run "a_protected_environment_refuses_a_quarantine_under_ninety_days" {
  command = plan

  variables {
    quarantine = { retention_days = 30, force_destroy = false }
  }

  expect_failures = [var.quarantine]
}

run "a_protected_environment_refuses_to_be_read_by_every_page" {
  command = plan

  variables {
    winner_api = { memory_mb = 512, timeout_seconds = 10, throttle = { burst = 200, rate_per_second = 100 }, cors_origins = ["*"] }
  }

  expect_failures = [var.winner_api]
}

run "a_protected_environment_refuses_a_user_pool_that_can_be_deleted" {
  command = plan

  variables {
    sign_in = { totp = "optional", token_minutes = 60, session_hours = 12, deletion_protection = false }
  }

  expect_failures = [var.sign_in]
}

run "a_protected_environment_refuses_tokens_that_outlive_an_hour" {
  command = plan

  variables {
    sign_in = { totp = "optional", token_minutes = 61, session_hours = 12, deletion_protection = true }
  }

  expect_failures = [var.sign_in]
}

run "a_protected_environment_refuses_a_page_thrown_away_with_the_environment" {
  command = plan

  variables {
    site = { price_class = "PriceClass_100", force_destroy = true, domain = null }
  }

  expect_failures = [var.site]
}

run "refuses_to_send_passwords_anywhere_but_to_this_machine_or_aws" {
  command = plan

  variables {
    local_cognito_url = "http://example.com:4566"
  }

  expect_failures = [var.local_cognito_url]
}

run "refuses_a_writer_that_hangs_up_on_its_own_calls" {
  command = plan

  variables {
    event_writer = { memory_mb = 512, timeout_seconds = 10, workshop = false, throttle = { burst = 400, rate_per_second = 200 } }
  }

  expect_failures = [var.event_writer]
}

run "refuses_an_unknown_environment" {
  command = plan

  variables {
    environment = "production"
  }

  expect_failures = [var.environment]
}

run "refuses_an_environment_in_capitals" {
  command = plan

  variables {
    environment = "Prod"
  }

  expect_failures = [var.environment]
}

run "refuses_an_environment_that_makes_names_too_long" {
  command = plan

  variables {
    environment = "an-environment-with-quite-a-long-name"
  }

  expect_failures = [var.environment]
}

run "refuses_a_region_that_is_none" {
  command = plan

  variables {
    region = "Virginia"
  }

  expect_failures = [var.region]
}

run "refuses_an_account_without_twelve_digits" {
  command = plan

  variables {
    allowed_account_ids = ["1234"]
  }

  expect_failures = [var.allowed_account_ids]
}

run "refuses_an_address_without_an_at" {
  command = plan

  variables {
    alarm_emails = ["on-call"]
  }

  expect_failures = [var.alarm_emails]
}

run "refuses_a_topic_that_is_none" {
  command = plan

  variables {
    alarm_topic_arns = ["alarms"]
  }

  expect_failures = [var.alarm_topic_arns]
}

run "refuses_generation_zero" {
  command = plan

  variables {
    generations     = { "0" = {} }
    live_generation = 0
  }

  expect_failures = [var.generations]
}

run "refuses_an_unknown_log_level" {
  command = plan

  variables {
    log_level = "LOUD"
  }

  expect_failures = [var.log_level]
}

run "refuses_a_log_retention_that_logs_do_not_take" {
  command = plan

  variables {
    log_retention_days = 400.5
  }

  expect_failures = [var.log_retention_days]
}

run "refuses_a_quarantine_that_keeps_nothing" {
  command = plan

  variables {
    quarantine = { retention_days = 0, force_destroy = false }
  }

  expect_failures = [var.quarantine]
}

run "refuses_a_board_without_buckets" {
  command = plan

  variables {
    score_buckets = 0
  }

  expect_failures = [var.score_buckets]
}

run "refuses_a_stream_without_shards" {
  command = plan

  variables {
    stream = { shard_count = 0, retention_hours = 168 }
  }

  expect_failures = [var.stream]
}

run "refuses_a_stream_that_keeps_more_than_a_year" {
  command = plan

  variables {
    stream = { shard_count = 3, retention_hours = 9000 }
  }

  expect_failures = [var.stream]
}

run "refuses_an_answer_after_api_gateway_hung_up" {
  command = plan

  variables {
    winner_api = { memory_mb = 512, timeout_seconds = 30, throttle = { burst = 200, rate_per_second = 100 }, cors_origins = [] }
  }

  expect_failures = [var.winner_api]
}

run "refuses_a_board_older_than_a_minute" {
  command = plan

  variables {
    winner_view = { batch_size = 1000, batching_window_seconds = 61, memory_mb = 512, timeout_seconds = 60 }
  }

  expect_failures = [var.winner_view]
}

run "refuses_to_go_on_without_the_zips" {
  command = plan

  variables {
    artifacts_dir = "./tests"
  }

  expect_failures = [var.artifacts_dir]
}

run "refuses_scores_that_remember_no_event" {
  command = plan

  variables {
    recent_events = 0
  }

  expect_failures = [var.recent_events]
}

run "refuses_a_boundary_that_is_no_policy" {
  command = plan

  variables {
    permissions_boundary_arn = "hello-retail-dev-boundary"
  }

  expect_failures = [var.permissions_boundary_arn]
}

run "refuses_a_half_life_of_nothing" {
  command = plan

  variables {
    trending = { half_life_minutes = 0, generation = 1, batch_size = 5000, batching_window_seconds = 60, memory_mb = 512, timeout_seconds = 120 }
  }

  expect_failures = [var.trending]
}

run "refuses_half_a_generation_of_what_trends" {
  command = plan

  variables {
    trending = { half_life_minutes = 60, generation = 1.5, batch_size = 5000, batching_window_seconds = 60, memory_mb = 512, timeout_seconds = 120 }
  }

  expect_failures = [var.trending]
}

run "refuses_a_currency_in_words" {
  command = plan

  variables {
    shop = { currency = "dollars" }
  }

  expect_failures = [var.shop]
}

run "refuses_a_catalog_that_is_older_than_a_minute" {
  command = plan

  variables {
    shop_view = { batch_size = 1000, batching_window_seconds = 61, memory_mb = 512, timeout_seconds = 60 }
  }

  expect_failures = [var.shop_view]
}

run "refuses_a_live_shop_generation_that_does_not_stand" {
  command = plan

  variables {
    live_shop_generation = 2
  }

  expect_failures = [var.live_shop_generation]
}

run "refuses_a_live_shop_generation_that_does_not_read_the_stream" {
  command = plan

  variables {
    shop_generations = { "1" = { enabled = false } }
  }

  expect_failures = [var.live_shop_generation]
}

run "refuses_a_mistyped_value_of_a_shop_generation" {
  command = plan

  variables {
    shop_generations = { "1" = {}, "2" = { enable = false } }
  }

  expect_failures = [var.shop_generations]
}

run "refuses_a_shop_generation_that_is_neither_on_nor_off_the_stream" {
  command = plan

  variables {
    shop_generations = { "1" = {}, "2" = { enabled = "later" } }
  }

  expect_failures = [var.shop_generations]
}

run "refuses_a_shop_generations_build_that_is_no_whole_hash" {
  command = plan

  variables {
    shop_generations = { "1" = {}, "2" = { build = "main" } }
  }

  expect_failures = [var.shop_generations]
}

run "refuses_shop_generations_that_are_no_numbers" {
  command = plan

  variables {
    shop_generations = { "1" = {}, "two" = {} }
  }

  expect_failures = [var.shop_generations]
}

run "a_shop_generation_goes_on_with_the_build_that_it_is_pinned_to" {
  command = plan

  variables {
    shop_generations = { "1" = { build = "0123456789012345678901234567890123456789" }, "2" = {} }
  }

  expect_failures = [var.artifacts_dir]
}

run "a_generation_folds_beside_the_live_ones_where_the_archive_fans_out" {
  command = plan

  variables {
    generations      = { "1" = {}, "2" = { enabled = false } }
    shop_generations = { "1" = {}, "2" = {} }
  }

  assert {
    condition     = local.standard_consumers == ["winner_view", "trending_view", "shop_view", "studio_intake", "shop_view of generation 2"]
    error_message = "A shard is read by ${join(", ", local.standard_consumers)}."
  }
}

run "an_archive_that_does_not_fan_out_shares_the_reads" {
  command = plan

  variables {
    archive     = { enabled = true, fan_out = false, window_seconds = 60, cold_days = 30, expire_days = null, force_destroy = false }
    generations = { "1" = {}, "2" = {}, "3" = { enabled = false } }
  }

  expect_failures = [check.consumers_a_shard]

  assert {
    condition     = local.standard_consumers == ["winner_view", "trending_view", "shop_view", "studio_intake", "archive", "winner_view of generation 2"]
    error_message = "A shard is read by ${join(", ", local.standard_consumers)}."
  }
}

run "warns_of_more_readers_than_a_shard_has_reads" {
  command = plan

  variables {
    archive          = { enabled = true, fan_out = false, window_seconds = 60, cold_days = 30, expire_days = null, force_destroy = false }
    generations      = { "1" = {}, "2" = {} }
    shop_generations = { "1" = {}, "2" = {} }
  }

  expect_failures = [check.consumers_a_shard]
}

run "refuses_a_key_of_another_region" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_a_photographers_time_of_more_than_a_day" {
  command = plan

  variables {
    photos = { minutes = 1441, per_registration = 3, recheck_seconds = 900, patience_days = 7, messages = "none", max_bytes = 10485760 }
  }

  expect_failures = [var.photos]
}

run "refuses_no_time_for_a_photographer" {
  command = plan

  variables {
    photos = { minutes = 0, per_registration = 3, recheck_seconds = 900, patience_days = 7, messages = "none", max_bytes = 10485760 }
  }

  expect_failures = [var.photos]
}

run "refuses_half_a_minute" {
  command = plan

  variables {
    photos = { minutes = 1.5, per_registration = 3, recheck_seconds = 900, patience_days = 7, messages = "none", max_bytes = 10485760 }
  }

  expect_failures = [var.photos]
}

run "refuses_a_registration_that_is_good_for_nothing" {
  command = plan

  variables {
    photos = { minutes = 15, per_registration = 0, recheck_seconds = 900, patience_days = 7, messages = "none", max_bytes = 10485760 }
  }

  expect_failures = [var.photos]
}

run "refuses_looks_that_cost_more_than_they_find" {
  command = plan

  variables {
    photos = { minutes = 15, per_registration = 3, recheck_seconds = 59, patience_days = 7, messages = "none", max_bytes = 10485760 }
  }

  expect_failures = [var.photos]
}

run "refuses_patience_beyond_what_step_functions_remembers" {
  command = plan

  variables {
    photos = { minutes = 15, per_registration = 3, recheck_seconds = 900, patience_days = 61, messages = "none", max_bytes = 10485760 }
  }

  expect_failures = [var.photos]
}

run "refuses_more_looks_than_a_history_holds" {
  command = plan

  variables {
    photos = { minutes = 15, per_registration = 3, recheck_seconds = 120, patience_days = 7, messages = "none", max_bytes = 10485760 }
  }

  expect_failures = [var.photos]
}

run "refuses_messages_that_nobody_sends" {
  command = plan

  variables {
    photos = { minutes = 15, per_registration = 3, recheck_seconds = 900, patience_days = 7, messages = "post", max_bytes = 10485760 }
  }

  expect_failures = [var.photos]
}

run "refuses_pictures_that_the_desk_cannot_hold" {
  command = plan

  variables {
    photos = { minutes = 15, per_registration = 3, recheck_seconds = 900, patience_days = 7, messages = "none", max_bytes = 10485761 }
  }

  expect_failures = [var.photos]
}

run "a_protected_environment_refuses_to_be_a_workshop" {
  command = plan

  variables {
    event_writer = { memory_mb = 512, timeout_seconds = 20, workshop = true, throttle = { burst = 400, rate_per_second = 200 } }
  }

  expect_failures = [var.event_writer]
}

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

run "prod_as_its_rules_have_it_is_planned" {
  command = plan

  assert {
    condition     = aws_sns_topic.alarms.name == "${local.name_prefix}-alarms"
    error_message = "Prod's alarms have no topic."
  }
}

run "prod_takes_a_topic_that_exists_instead_of_addresses" {
  command = plan

  variables {
    alarm_emails     = []
    alarm_topic_arns = ["arn:aws:sns:us-east-1:111122223333:on-call"]
  }

  assert {
    condition     = contains(local.alarm_actions, "arn:aws:sns:us-east-1:111122223333:on-call")
    error_message = "The alarms do not go to the topic that exists."
  }
}

run "dev_may_be_cheap_and_disposable" {
  command = plan

  variables {
    environment  = "dev"
    protected    = false
    alarm_emails = []

    access_log_retention_days = 7

    log_retention_days = 7
    quarantine         = { retention_days = 7, force_destroy = true }
    stream             = { shard_count = 1, retention_hours = 24 }
    tables             = { deletion_protection = false, point_in_time_recovery = false }
  }

  assert {
    condition     = length(aws_sns_topic_subscription.alarms) == 0 && output.stream_name == "${local.name_prefix}-events"
    error_message = "Dev is not planned under its own names, with alarms that wake nobody."
  }
}

run "a_generation_off_the_stream_has_tables_and_a_function_of_its_own_beside_the_live_one" {
  command = plan

  variables {
    generations = { "1" = {}, "7" = { enabled = false } }
  }

  assert {
    condition     = output.scores_table == "${local.name_prefix}-scores-g1" && output.functions.winner_view == "${local.name_prefix}-winner-view"
    error_message = "The live generation lives in ${output.scores_table}."
  }

  assert {
    condition     = output.generations["7"].scores_table == "${local.name_prefix}-scores-g7" && output.generations["7"].contributions_table == "${local.name_prefix}-contributions-g7" && output.generations["7"].function == "${local.name_prefix}-winner-view-g7"
    error_message = "Generation 7 lives in ${output.generations["7"].scores_table}."
  }

  assert {
    condition     = local.generations["1"].enabled && !local.generations["7"].enabled
    error_message = "Generation 7 reads the stream before it was filled."
  }
}

run "an_instance_knows_its_generation_and_its_tables_from_its_functions_environment" {
  command = plan

  variables {
    generations     = { "1" = {}, "7" = {} }
    live_generation = 7
  }

  assert {
    condition     = output.live_generation == 7 && output.scores_table == "${local.name_prefix}-scores-g7"
    error_message = "The API reads ${output.scores_table}."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.records_quarantined.dimensions.Generation == "7"
    error_message = "The quarantine's alarm watches another generation than the one that the API reads."
  }

  assert {
    condition = alltrue([
      for widget in local.sale_widgets : alltrue([
        for line in widget.metrics : line[6] == "Generation" && line[7] == "7" if line[0] == local.metrics_namespace
      ])
    ])
    error_message = "The dashboard adds up what two generations did."
  }
}

run "there_is_no_archive_where_it_is_switched_off" {
  command = plan

  variables {
    environment = "dev"
    protected   = false
    archive     = { enabled = false, fan_out = false, window_seconds = 60, cold_days = 30, expire_days = 120, force_destroy = true }
  }

  assert {
    condition     = output.archive_bucket == null && !contains(keys(output.functions), "archive")
    error_message = "There is an archive."
  }
}

run "prod_in_a_local_cloud_needs_nobody_to_be_told" {
  command = plan

  variables {
    alarm_emails      = []
    local_cognito_url = "http://127.0.0.1:4566"
  }

  assert {
    condition     = aws_sns_topic.alarms.name == "${local.name_prefix}-alarms"
    error_message = "There is no topic."
  }
}

run "a_canary_keeps_the_alias_on_the_version_that_serves" {
  command = plan

  variables {
    canary = { winner_api = { version = "7", weight = 0.1 } }
  }

  assert {
    condition     = toset(keys(module.winner_api.alarm_arns)) == toset(["canary_errors", "duration", "errors", "throttles"])
    error_message = "The new version has no alarm of its own."
  }

  assert {
    condition     = toset(keys(module.event_writer.alarm_arns)) == toset(["duration", "errors", "throttles"])
    error_message = "A canary of one function is one of another."
  }
}

run "every_function_of_the_api_can_try_a_version" {
  command = plan

  variables {
    canary = {
      event_writer = null
      trending_api = { version = "7", weight = 0.1 }
      winner_api   = null
    }
  }

  assert {
    condition     = contains(keys(module.trending_api.alarm_arns), "canary_errors") && !contains(keys(module.winner_api.alarm_arns), "canary_errors")
    error_message = "The trending API tries no version."
  }

  assert {
    condition     = toset(keys(output.canaries)) == toset(local.api_functions)
    error_message = "retailctl is told of ${join(", ", keys(output.canaries))}."
  }
}

run "other_accounts_may_put_events_where_they_are_named" {
  command = plan

  override_resource {
    target          = module.stream.aws_iam_role.writers
    override_during = plan
    values          = { arn = "arn:aws:iam::111122223333:role/shop-dev-events.writers@us-east-1" }
  }

  variables {
    environment = "dev"
    protected   = false
    stream      = { shard_count = 1, retention_hours = 24, writer_account_ids = ["444455556666"] }
  }

  assert {
    condition     = output.stream_writer_role_arn == "arn:aws:iam::111122223333:role/shop-dev-events.writers@us-east-1"
    error_message = "There is no role for other accounts."
  }
}

run "a_local_cloud_has_its_own_cognito_and_waits_for_no_distribution" {
  command = plan

  variables {
    environment       = "dev"
    protected         = false
    local_cognito_url = "http://127.0.0.1:4566"
  }

  assert {
    condition     = strcontains(module.site.content_security_policy, "connect-src 'self' http://127.0.0.1:4566;") && output.cognito_url == "http://127.0.0.1:4566/"
    error_message = "The page's policy is ${module.site.content_security_policy}."
  }
}

run "a_shop_generation_has_a_catalog_and_a_function_of_its_own_and_shares_the_stock" {
  command = plan

  variables {
    shop_generations     = { "1" = {}, "7" = {} }
    live_shop_generation = 7
  }

  assert {
    condition = (
      output.shop_generations["7"].catalog_table == "${local.name_prefix}-catalog-g7"
      && output.shop_generations["7"].categories_table == "${local.name_prefix}-categories-g7"
      && output.shop_generations["7"].function == "${local.name_prefix}-shop-view-g7"
      && output.shop_generations["1"].function == "${local.name_prefix}-shop-view"
    )
    error_message = "Generation 7 lives in ${jsonencode(output.shop_generations["7"])}."
  }

  assert {
    condition     = output.live_shop_generation == 7 && output.catalog_table == "${local.name_prefix}-catalog-g7" && output.functions.shop_view == "${local.name_prefix}-shop-view-g7"
    error_message = "The API reads ${output.catalog_table}."
  }

  assert {
    condition     = output.stock_table == "${local.name_prefix}-stock"
    error_message = "The stock is ${output.stock_table}."
  }

  assert {
    condition = alltrue([
      for widget in local.shop_widgets : alltrue([for line in widget.metrics : line[6] == "Generation" && line[7] == "7"])
    ])
    error_message = "The dashboard adds up what two generations did."
  }
}

run "an_adopters_domain_key_and_firewall_are_taken" {
  command = plan

  variables {
    api         = { domain = { name = "api.retail.internal", certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/1" } }
    kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/22222222-2222-3333-4444-555555555555"
    site = {
      price_class   = "PriceClass_100"
      force_destroy = false
      domain        = null
      web_acl_arn   = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/shop/1"
    }
  }

  assert {
    condition     = output.api_url == "https://api.retail.internal" && local.api_origin == "https://api.retail.internal"
    error_message = "The API is told to be at ${output.api_url}, and the page asks it at ${local.api_origin}."
  }

  assert {
    condition     = aws_sns_topic.alarms.kms_master_key_id == var.kms_key_arn && local.key_through.s3.decrypt.resources == [var.kms_key_arn]
    error_message = "The environment is encrypted with another key."
  }
}

run "texts_go_to_phones_and_the_machines_numbers_are_the_environments" {
  command = plan

  variables {
    photos = { minutes = 2, per_registration = 3, recheck_seconds = 600, patience_days = 3, messages = "sms", max_bytes = 10485760 }
  }

  assert {
    condition = (
      [for statement in data.aws_iam_policy_document.text_phones[0].statement : "${join(" ", statement.actions)} ${join(" ", statement.not_resources)}"] == ["sns:Publish arn:aws:sns:*"]
      && length(aws_iam_role_policy.text_phones) == 1
    )
    error_message = "Whoever asks photographers may publish to more than phones, or to none."
  }

  assert {
    condition     = local.photos == { photo_seconds = 120, rechecks = 432, attempts = 84 }
    error_message = "The machine has ${jsonencode(local.photos)}."
  }
}

run "a_local_cloud_takes_pictures_under_its_own_address_from_its_own_page" {
  command = plan

  override_resource {
    target          = module.site.aws_cloudfront_distribution.this
    override_during = plan
    values          = { domain_name = "site.cloudfront.net" }
  }

  variables {
    environment       = "dev"
    protected         = false
    local_cognito_url = "http://127.0.0.1:4566"
  }

  assert {
    condition     = output.uploads_url == "http://127.0.0.1:4566/" && join(" ", local.page_origins) == "https://site.cloudfront.net http://127.0.0.1:*"
    error_message = "Pictures are sent to ${output.uploads_url}, from ${join(", ", local.page_origins)}."
  }
}

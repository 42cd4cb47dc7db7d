# Who photographs what: each product that is offered gets an execution of one machine, which asks photographers in turn until
# one has sent a picture. The table decides what is whose; the machine times and tries again.

locals {
  # By their names, for each of these is needed by what it needs: the machine invokes the function that answers it, the API's
  # function signs for the bucket that the page's address, which is behind the API, opens.
  pictures_bucket  = "${local.name_prefix}-pictures-${data.aws_caller_identity.current.account_id}"
  studio_tasks_arn = "arn:${data.aws_partition.current.partition}:lambda:${var.region}:${data.aws_caller_identity.current.account_id}:function:${local.name_prefix}-studio-tasks:live"

  # Where browsers send pictures. An emulator takes them under its one address.
  uploads_origin = coalesce(var.local_cognito_url, "https://${module.pictures.regional_domain_name}")

  # Where the page is opened from. A local cloud serves it at a port that is free when it is up.
  page_origins = distinct(concat(
    [module.site.url],
    [for name in try(var.site.domain.names, []) : "https://${name}" if !startswith(name, "*")],
    var.local_cognito_url == "" ? [] : ["http://127.0.0.1:*"],
  ))

  photos = {
    photo_seconds = var.photos.minutes * 60
    rechecks      = floor(var.photos.patience_days * 86400 / var.photos.recheck_seconds)
    # Twelve times within the first hours and a half, then every hour: as long as a product may wait.
    attempts = 12 + var.photos.patience_days * 24
  }

  sends_texts = var.photos.messages == "sms"

  # Half of what a product waits at most: there is time to find somebody.
  long_wait_seconds = var.photos.patience_days * 86400 / 2
}

module "studio" {
  source = "../../modules/table"

  name                   = "${local.name_prefix}-studio"
  hash_key               = { name = "line" }
  range_key              = { name = "place" }
  ttl_attribute          = "expiresAt"
  kms_key_arn            = module.key.arn
  deletion_protection    = var.tables.deletion_protection
  point_in_time_recovery = var.tables.point_in_time_recovery
  alarms                 = { operations = ["GetItem", "PutItem", "Query", "Scan", "TransactWriteItems", "UpdateItem"] }
  alarm_actions          = local.alarm_actions
  runbooks_url           = var.runbooks_url
}

# Uploads come in under incoming/, and are seen under pictures/ once the desk has checked and cleaned them.
module "pictures" {
  source = "../../modules/bucket"

  name              = local.pictures_bucket
  kms_key_arn       = module.key.arn
  prefixes          = { incoming = "incoming/", pictures = "pictures/" }
  expiring_prefixes = { incoming = { prefix = "incoming/", days = 1 } }
  cors              = { allowed_origins = local.page_origins, allowed_methods = ["POST"] }
  readers           = { site = { service = "cloudfront", source_arn = module.site.distribution_arn, prefix = "pictures/" } }
  force_destroy     = var.site.force_destroy

  notify = {
    incoming = {
      prefix = "incoming/"
      function = {
        function_name = module.photo_desk.function_name
        alias_name    = module.photo_desk.alias_name
        alias_arn     = module.photo_desk.alias_arn
      }
    }
  }
}

module "photos" {
  source = "../../modules/state-machine"

  name               = "${local.name_prefix}-photos"
  kms_key_arn        = module.key.arn
  log_retention_days = var.log_retention_days
  functions          = { studio_tasks = local.studio_tasks_arn }
  alarm_actions      = local.alarm_actions
  runbooks_url       = var.runbooks_url

  permissions_boundary_arn = local.permissions_boundary_arn

  definition = templatefile("${path.module}/photos.asl.json.tftpl", merge(local.photos, {
    partition       = data.aws_partition.current.partition
    recheck_seconds = var.photos.recheck_seconds
    tasks_arn       = local.studio_tasks_arn
  }))

  ended = {
    function = {
      function_name = module.studio_tasks.function_name
      alias_name    = module.studio_tasks.alias_name
      alias_arn     = module.studio_tasks.alias_arn
    }
  }
}

module "studio_intake" {
  source = "../../modules/function"

  name            = "${local.name_prefix}-studio-intake"
  description     = "Registers photographers, and starts the search for one for each product that is offered."
  artifact        = { path = "${var.artifacts_dir}/studio_intake.zip" }
  handler         = "hello_retail.studio_intake.handler.handler"
  memory_mb       = 512
  timeout_seconds = 60
  kms_key_arn     = module.key.arn
  log             = { retention_days = var.log_retention_days, level = var.log_level }
  alarm_actions   = local.alarm_actions
  runbooks_url    = var.runbooks_url

  permissions_boundary_arn = local.permissions_boundary_arn

  environment = {
    ENVIRONMENT                  = var.environment
    LOG_LEVEL                    = var.log_level
    MACHINE_ARN                  = module.photos.alias_arn
    MESSAGES                     = var.photos.messages
    PER_REGISTRATION             = tostring(var.photos.per_registration)
    POWERTOOLS_METRICS_NAMESPACE = local.metrics_namespace
    POWERTOOLS_SERVICE_NAME      = "studio_intake"
    RECENT_EVENTS                = tostring(var.recent_events)
    RETENTION_HOURS              = tostring(var.stream.retention_hours)
    STUDIO_TABLE                 = module.studio.name
  }

  # A transaction needs no more than what it is made of.
  policy_statements = {
    read_studio      = { actions = ["dynamodb:GetItem", "dynamodb:Query"], resources = [module.studio.arn] }
    write_studio     = { actions = ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], resources = [module.studio.arn] }
    start_executions = module.photos.policy_statements.start
    answer_tasks     = module.photos.policy_statements.answer_tasks
    decrypt_table    = local.key_through.dynamodb.decrypt
    encrypt_table    = local.key_through.dynamodb.encrypt
    encrypt_failures = local.key_through.s3.encrypt
  }
}

module "studio_intake_consumer" {
  source = "../../modules/stream-consumer"

  function = {
    name      = module.studio_intake.function_name
    alias_arn = module.studio_intake.alias_arn
    role_name = module.studio_intake.role_name
  }

  stream = {
    arn             = module.stream.arn
    name            = module.stream.name
    retention_hours = var.stream.retention_hours
  }

  policy_statements = {
    read_stream    = module.stream.policy_statements.read
    decrypt_stream = local.key_through.kinesis.decrypt
  }

  # A product's execution is started by a call of its own, so a batch is no larger than a minute takes.
  batch_size              = 500
  batching_window_seconds = 1
  failure_destination     = { bucket_arn = module.quarantine.arn }
  alarm_actions           = local.alarm_actions
  runbooks_url            = var.runbooks_url
}

module "studio_tasks" {
  source = "../../modules/function"

  name            = "${local.name_prefix}-studio-tasks"
  description     = "The steps of the machine that has products photographed, and what becomes of an execution that ends badly."
  artifact        = { path = "${var.artifacts_dir}/studio_tasks.zip" }
  handler         = "hello_retail.studio_tasks.handler.handler"
  memory_mb       = 512
  timeout_seconds = 60
  kms_key_arn     = module.key.arn
  log             = { retention_days = var.log_retention_days, level = var.log_level }
  on_failure      = { bucket_arn = module.quarantine.arn }
  alarm_actions   = local.alarm_actions
  runbooks_url    = var.runbooks_url

  permissions_boundary_arn = local.permissions_boundary_arn

  environment = {
    ENVIRONMENT                  = var.environment
    LOG_LEVEL                    = var.log_level
    MACHINE_ARN                  = module.photos.arn
    MESSAGES                     = var.photos.messages
    MINUTES                      = tostring(var.photos.minutes)
    ORIGIN                       = local.project
    PAGE_URL                     = module.site.url
    PER_REGISTRATION             = tostring(var.photos.per_registration)
    PICTURES_BUCKET              = local.pictures_bucket
    POWERTOOLS_METRICS_NAMESPACE = local.metrics_namespace
    POWERTOOLS_SERVICE_NAME      = "studio_tasks"
    RETENTION_HOURS              = tostring(var.stream.retention_hours)
    STREAM_NAME                  = module.stream.name
    STUDIO_TABLE                 = module.studio.name
  }

  policy_statements = {
    read_studio         = { actions = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"], resources = [module.studio.arn] }
    write_studio        = { actions = ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], resources = [module.studio.arn] }
    answer_tasks        = module.photos.policy_statements.answer_tasks
    describe_executions = module.photos.policy_statements.describe_executions
    decrypt_executions  = module.photos.policy_statements.decrypt
    report_pictures     = module.stream.policy_statements.put_record
    encrypt_stream      = local.key_through.kinesis.encrypt
    decrypt_table       = local.key_through.dynamodb.decrypt
    encrypt_table       = local.key_through.dynamodb.encrypt
  }
}

# Texts go to phones and to nothing that has an ARN: AWS knows no resource for a phone.
data "aws_iam_policy_document" "text_phones" {
  count = local.sends_texts ? 1 : 0

  statement {
    sid           = "TextPhones"
    actions       = ["sns:Publish"]
    not_resources = ["arn:${data.aws_partition.current.partition}:sns:*"]
  }
}

resource "aws_iam_role_policy" "text_phones" {
  count = local.sends_texts ? 1 : 0

  name   = "texts"
  role   = module.studio_tasks.role_name
  policy = data.aws_iam_policy_document.text_phones[0].json
}

# AWS tells of an execution's end as best it can, so somebody looks: docs/decisions/0023-the-table-decides.md.
resource "aws_cloudwatch_event_rule" "reconcile" {
  name                = "${local.name_prefix}-photos.reconcile"
  description         = "Looks for executions of ${local.name_prefix}-photos whose end was not told."
  schedule_expression = "rate(15 minutes)"
}

resource "aws_cloudwatch_event_target" "reconcile" {
  rule      = aws_cloudwatch_event_rule.reconcile.name
  target_id = "function"
  arn       = module.studio_tasks.alias_arn
  input     = jsonencode({ action = "reconcile" })

  depends_on = [aws_lambda_permission.reconcile]
}

resource "aws_lambda_permission" "reconcile" {
  statement_id  = "reconcile-${local.name_prefix}-photos"
  action        = "lambda:InvokeFunction"
  function_name = module.studio_tasks.function_name
  qualifier     = module.studio_tasks.alias_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.reconcile.arn
}

resource "aws_cloudwatch_metric_alarm" "products_waiting" {
  alarm_name          = "${local.name_prefix}-products-waiting"
  alarm_description   = "A product has waited for its picture for more than ${local.long_wait_seconds / 3600} h, and is given up after ${var.photos.patience_days * 24}. Look whether there are photographers who may be asked. Runbook: ${var.runbooks_url}/products-waiting.md"
  namespace           = local.metrics_namespace
  metric_name         = "LongestWait"
  dimensions          = { service = "studio_tasks", Environment = var.environment }
  statistic           = "Maximum"
  period              = 1800 # two reconciliations, of which one measures
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = local.long_wait_seconds
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}

# It reads what strangers send: it reaches neither the stream nor anybody's phone.
module "photo_desk" {
  source = "../../modules/function"

  name            = "${local.name_prefix}-photo-desk"
  description     = "Checks and cleans each picture that a photographer uploads, and hands it over."
  artifact        = { path = "${var.artifacts_dir}/photo_desk.zip" }
  handler         = "hello_retail.photo_desk.handler.handler"
  memory_mb       = 512
  timeout_seconds = 60
  kms_key_arn     = module.key.arn
  log             = { retention_days = var.log_retention_days, level = var.log_level }
  on_failure      = { bucket_arn = module.quarantine.arn }
  alarm_actions   = local.alarm_actions
  runbooks_url    = var.runbooks_url

  permissions_boundary_arn = local.permissions_boundary_arn

  environment = {
    ENVIRONMENT                  = var.environment
    LOG_LEVEL                    = var.log_level
    MAX_BYTES                    = tostring(var.photos.max_bytes)
    PICTURES_BUCKET              = local.pictures_bucket
    POWERTOOLS_METRICS_NAMESPACE = local.metrics_namespace
    POWERTOOLS_SERVICE_NAME      = "photo_desk"
    STUDIO_TABLE                 = module.studio.name
  }

  # Without the lists S3 says of an upload that is gone that it may not be read; it names no prefix as it asks for them.
  policy_statements = {
    read_product     = { actions = ["dynamodb:GetItem"], resources = [module.studio.arn] }
    change_product   = module.studio.policy_statements.update
    find_uploads     = { actions = ["s3:ListBucket", "s3:ListBucketVersions"], resources = [module.pictures.arn] }
    read_uploads     = { actions = ["s3:GetObject", "s3:GetObjectVersion"], resources = ["${module.pictures.arn}/incoming/*"] }
    delete_uploads   = { actions = ["s3:DeleteObject", "s3:DeleteObjectVersion"], resources = ["${module.pictures.arn}/incoming/*"] }
    write_pictures   = module.pictures.prefix_policy_statements.pictures.write
    answer_task      = { actions = ["states:SendTaskSuccess"], resources = [module.photos.arn] }
    decrypt_table    = local.key_through.dynamodb.decrypt
    encrypt_table    = local.key_through.dynamodb.encrypt
    decrypt_uploads  = local.key_through.s3.decrypt
    encrypt_pictures = local.key_through.s3.encrypt
  }
}

module "studio_api" {
  source = "../../modules/function"

  name            = "${local.name_prefix}-studio-api"
  description     = "Answers what photographers are asked for, and signs their uploads."
  artifact        = { path = "${var.artifacts_dir}/studio_api.zip" }
  handler         = "hello_retail.studio_api.handler.handler"
  memory_mb       = var.winner_api.memory_mb
  timeout_seconds = var.winner_api.timeout_seconds
  kms_key_arn     = module.key.arn
  log             = { retention_days = var.log_retention_days, level = var.log_level }
  alarm_actions   = local.alarm_actions
  runbooks_url    = var.runbooks_url
  canary          = lookup(var.canary, "studio_api", null)

  permissions_boundary_arn = local.permissions_boundary_arn

  environment = {
    ENVIRONMENT                  = var.environment
    LOG_LEVEL                    = var.log_level
    MAX_BYTES                    = tostring(var.photos.max_bytes)
    PICTURES_BUCKET              = local.pictures_bucket
    POWERTOOLS_METRICS_NAMESPACE = local.metrics_namespace
    POWERTOOLS_SERVICE_NAME      = "studio_api"
    STUDIO_TABLE                 = module.studio.name
  }

  # S3 asks for the last two when a ticket is used: who signed it uploads.
  policy_statements = {
    read_studio     = { actions = ["dynamodb:GetItem"], resources = [module.studio.arn] }
    decrypt_table   = local.key_through.dynamodb.decrypt
    sign_uploads    = module.pictures.prefix_policy_statements.incoming.write
    encrypt_uploads = local.key_through.s3.encrypt
  }
}

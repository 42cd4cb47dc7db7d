locals {
  tries_newest = var.canary == null ? false : var.canary.weight > 0

  # Not asked of the image's address, which may be unknown until it is applied.
  is_image = var.artifact.path == null && var.artifact.s3 == null
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:How long logs are kept is the caller's decision; the default is a year.
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log.retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_115:Reserving is opt-in: it takes from the account's pool, new accounts have none to give, and stream consumers are bounded by their shards.
  #checkov:skip=CKV_AWS_116:Asynchronous invocations have on_failure, which says more than a dead letter queue; streams have a failure destination on the mapping, callers of an API get the error.
  #checkov:skip=CKV_AWS_117:A VPC is the caller's decision: a function that calls only AWS's public endpoints gains nothing from one.
  #checkov:skip=CKV_AWS_272:The bytes are pinned by their hash in the plan; a signing profile is an organisation's own.
  function_name                  = var.name
  description                    = var.description
  role                           = local.role_arn
  package_type                   = local.is_image ? "Image" : "Zip"
  filename                       = var.artifact.path
  source_code_hash               = var.artifact.path == null ? null : filebase64sha256(var.artifact.path)
  s3_bucket                      = one(var.artifact.s3[*].bucket)
  s3_key                         = one(var.artifact.s3[*].key)
  s3_object_version              = one(var.artifact.s3[*].version)
  image_uri                      = var.artifact.image_uri
  handler                        = local.is_image ? null : var.handler
  runtime                        = local.is_image ? null : var.runtime
  layers                         = var.layers
  architectures                  = [var.architecture]
  memory_size                    = var.memory_mb
  timeout                        = var.timeout_seconds
  reserved_concurrent_executions = var.reserved_concurrency
  kms_key_arn                    = length(var.environment) > 0 ? var.kms_key_arn : null
  publish                        = true
  tags                           = var.tags

  dynamic "environment" {
    for_each = length(var.environment) > 0 ? [var.environment] : []

    content {
      variables = environment.value
    }
  }

  ephemeral_storage {
    size = var.ephemeral_storage_mb
  }

  logging_config {
    log_format            = "JSON"
    application_log_level = var.log.level
    system_log_level      = "WARN"
    log_group             = aws_cloudwatch_log_group.this.name
  }

  tracing_config {
    mode = var.tracing_mode
  }

  dynamic "vpc_config" {
    for_each = var.vpc[*]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  depends_on = [aws_iam_role_policy.this, aws_iam_role_policy_attachment.this]
}

resource "aws_lambda_function_event_invoke_config" "this" {
  count = var.on_failure == null ? 0 : 1

  function_name = aws_lambda_function.this.function_name
  qualifier     = aws_lambda_alias.live.name

  # AWS's own, said so that every plan finds what it set.
  maximum_event_age_in_seconds = 21600

  destination_config {
    on_failure {
      destination = var.on_failure.bucket_arn
    }
  }

  # Lambda asks the role whether it may write there.
  depends_on = [aws_iam_role_policy.this]
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "What every trigger calls; moves with each published version, unless a canary holds it."
  function_name    = aws_lambda_function.this.function_name
  function_version = var.canary == null ? aws_lambda_function.this.version : var.canary.version

  dynamic "routing_config" {
    for_each = local.tries_newest ? [var.canary.weight] : []

    content {
      additional_version_weights = { (aws_lambda_function.this.version) = routing_config.value }
    }
  }

  lifecycle {
    precondition {
      condition     = local.tries_newest ? var.canary.version != aws_lambda_function.this.version : true
      error_message = "canary.version of ${var.name} is ${try(var.canary.version, "")}, which is the newest: there is no other version to try. Apply it together with the change to be tried, or set canary = null."
    }
  }
}

locals {
  tries_newest = var.canary == null ? false : var.canary.weight > 0
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
  #checkov:skip=CKV_AWS_116:A dead letter queue serves asynchronous invocations; streams have a failure destination on the mapping, callers of an API get the error.
  #checkov:skip=CKV_AWS_117:Reaches AWS's public endpoints only; a VPC would add cost and a way to fail, and protect nothing.
  #checkov:skip=CKV_AWS_272:The bytes are pinned by their hash in the plan; a signing profile is an organisation's own.
  function_name                  = var.name
  description                    = var.description
  role                           = aws_iam_role.this.arn
  filename                       = var.artifact.path
  source_code_hash               = filebase64sha256(var.artifact.path)
  handler                        = var.handler
  runtime                        = var.runtime
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

  logging_config {
    log_format            = "JSON"
    application_log_level = var.log.level
    system_log_level      = "WARN"
    log_group             = aws_cloudwatch_log_group.this.name
  }

  tracing_config {
    mode = var.tracing_mode
  }

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

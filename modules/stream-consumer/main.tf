locals {
  is_table            = strcontains(var.stream.arn, ":dynamodb:")
  failure_destination = one([for arn in values(var.failure_destination) : arn if arn != null])

  # An hour is left to fold what was given up from the stream itself, before it expires there.
  rebuild_margin_seconds     = 3600
  maximum_record_age_seconds = coalesce(var.maximum_record_age_seconds, min(604800, var.stream.retention_hours * 3600 - local.rebuild_margin_seconds))
}

# Another function is another consumer: a mapping that only changed its target would go on where the old one stood.
resource "terraform_data" "function" {
  triggers_replace = [var.function.name]
}

locals {
  # A stream's consumers each have a name of their own, and functions of two accounts may have one name.
  consumer = local.stream_account == local.function_account ? var.function.name : "${var.function.name}.${local.function_account}"
}

resource "aws_kinesis_stream_consumer" "this" {
  count = var.fan_out ? 1 : 0

  name       = local.consumer
  stream_arn = var.stream.arn
}

resource "aws_lambda_event_source_mapping" "this" {
  event_source_arn = var.fan_out ? aws_kinesis_stream_consumer.this[0].arn : var.stream.arn
  function_name    = var.function.alias_arn
  enabled          = var.enabled

  starting_position                  = var.starting_position
  batch_size                         = var.batch_size
  maximum_batching_window_in_seconds = var.batching_window_seconds
  parallelization_factor             = var.parallelization_factor
  bisect_batch_on_function_error     = true
  function_response_types            = ["ReportBatchItemFailures"]
  maximum_retry_attempts             = -1
  maximum_record_age_in_seconds      = local.maximum_record_age_seconds
  tags                               = var.tags

  destination_config {
    on_failure {
      destination_arn = local.failure_destination
    }
  }

  dynamic "filter_criteria" {
    for_each = length(var.filter_patterns) > 0 ? [var.filter_patterns] : []

    content {
      dynamic "filter" {
        for_each = filter_criteria.value

        content {
          pattern = filter.value
        }
      }
    }
  }

  metrics_config {
    metrics = ["EventCount"]
  }

  depends_on = [aws_iam_role_policy.this]

  lifecycle {
    replace_triggered_by = [terraform_data.function]
  }
}
